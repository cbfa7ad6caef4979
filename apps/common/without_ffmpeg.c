/* What takes the place of movie_file.c and encode.c when FFmpeg is left out: clear errors. */
#include "config.h"
#include "common/encode.h"
#include "common/movie_kind.h"

om_movie *om_movie_open_file(const char *path, tn_error *error)
{
    tn_fail(error, TN_EINVAL, "%s: this program was built without FFmpeg; it reads folders of PNG images", path);
    return NULL;
}

om_encoder *om_encoder_open(const char *path, const om_encoder_options *options, tn_error *error)
{
    (void)options;
    tn_fail(error, TN_EINVAL, "%s: this program was built without FFmpeg and writes no movies", path);
    return NULL;
}

/* Never called with an encoder: there is none. */
void om_encoder_free(om_encoder *encoder)
{
    (void)encoder;
}

const char *om_encoder_codec(const om_encoder *encoder)
{
    (void)encoder;
    return "none";
}

tn_status om_encoder_add(om_encoder *encoder, om_pixels pixels, const uint8_t *data, size_t stride, tn_error *error)
{
    (void)encoder, (void)pixels, (void)data, (void)stride;
    return tn_fail(error, TN_EINVAL, "this program was built without FFmpeg and writes no movies");
}

tn_status om_encoder_finish(om_encoder *encoder, tn_error *error)
{
    return om_encoder_add(encoder, OM_RGB24, NULL, 0, error);
}
