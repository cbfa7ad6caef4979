/* The MP4 encoder. */
#include "config.h"
#include "common/encode.h"
#include "common/no_memory.h"
#include "common/output.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct om_encoder {
    om_encoder_options options;
    const char *codec_name;
    char *path;
    om_output output; /* open while writing is set */
    bool writing;
    AVFormatContext *format;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *padded, *planar; /* the frame in its own pixels at an even size; in yuv420p */
    struct SwsContext *scaler;
    int64_t frames;
    tn_error error; /* the first, returned by every later call */
};

/* The codecs to try, in this order. Quality 18 is visually lossless for H.264. */
static const struct codec_choice {
    const char *name;
    struct {
        const char *key, *value;
    } option[4];
    int quantizer; /* fixed, for codecs without constant quality; 0 = none */
} choices[] = {
    {"libx264", {{"crf", "18"}, {"preset", "medium"}}, 0},
    {"libvpx-vp9", {{"crf", "18"}, {"deadline", "good"}, {"cpu-used", "4"}, {"row-mt", "1"}}, 0},
    {"mpeg4", {{0}}, 2},
};
enum { CHOICES = sizeof choices / sizeof *choices };

static tn_status failed(om_encoder *encoder, int code, const char *what)
{
    char words[AV_ERROR_MAX_STRING_SIZE] = "unknown error";
    av_strerror(code, words, sizeof words);
    return tn_fail(&encoder->error, code == AVERROR(ENOMEM) ? TN_ENOMEM : TN_EIO, "%s: %s: %s", encoder->path, what,
                   words);
}

static int even(int size)
{
    return size + size % 2;
}

/* ---- opening ---- */

static AVCodecContext *open_codec(const om_encoder *encoder, const struct codec_choice *choice)
{
    const AVCodec *codec = avcodec_find_encoder_by_name(choice->name);
    AVCodecContext *context = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!context) return NULL;
    const om_encoder_options *options = &encoder->options;
    AVRational rate = av_d2q(options->rate, 60000);
    context->width = even(options->width);
    context->height = even(options->height);
    context->sample_aspect_ratio = (AVRational){1, 1};
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->framerate = rate;
    context->time_base = av_inv_q(rate);
    context->gop_size = options->rate > 1 ? (int)lround(options->rate) : 1; /* one second, to jump to */
    context->color_primaries = AVCOL_PRI_BT709;
    context->color_trc = AVCOL_TRC_BT709;
    context->colorspace = AVCOL_SPC_BT709;
    context->color_range = AVCOL_RANGE_MPEG;
    context->bit_rate = 0;     /* as many as the quality asks for */
    context->thread_count = 1; /* what several threads of x264 make is not always repeatable */
    context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    if (choice->quantizer) {
        context->flags |= AV_CODEC_FLAG_QSCALE;
        context->global_quality = FF_QP2LAMBDA * choice->quantizer;
    }
    int code = 0;
    for (int i = 0; i < 4 && choice->option[i].key && code >= 0; i++)
        code = av_opt_set(context->priv_data, choice->option[i].key, choice->option[i].value, 0);
    if (code >= 0) code = avcodec_open2(context, codec, NULL);
    if (code < 0) avcodec_free_context(&context);
    return context;
}

static tn_status choose_codec(om_encoder *encoder)
{
    const char *wanted = encoder->options.codec;
    bool known = false;
    for (int i = 0; i < CHOICES && !encoder->codec; i++) {
        if (wanted && strcmp(wanted, choices[i].name)) continue;
        known = true;
        encoder->codec = open_codec(encoder, &choices[i]);
        encoder->codec_name = choices[i].name;
    }
    if (encoder->codec) return TN_OK;
    if (!known)
        return tn_fail(&encoder->error, TN_EINVAL, "codec %s: libx264, libvpx-vp9 or mpeg4 was expected", wanted);
    return tn_fail(&encoder->error, TN_EINVAL,
                   "%s: FFmpeg cannot encode %d x %d pixels at %g frames per second with %s", encoder->path,
                   encoder->options.width, encoder->options.height, encoder->options.rate,
                   wanted ? wanted : "libx264, libvpx-vp9 or mpeg4");
}

static AVFrame *new_frame(const om_encoder *encoder, enum AVPixelFormat format)
{
    AVFrame *frame = av_frame_alloc();
    if (!frame) return NULL;
    frame->width = encoder->codec->width;
    frame->height = encoder->codec->height;
    frame->format = format;
    if (av_frame_get_buffer(frame, 0) < 0) av_frame_free(&frame);
    /* What lies beyond the width of a row is read by vector code: it must not be left to chance. */
    for (int i = 0; frame && frame->buf[i]; i++) memset(frame->buf[i]->data, 0, frame->buf[i]->size);
    return frame;
}

static tn_status open_container(om_encoder *encoder)
{
    char *address = NULL;
    if (asprintf(&address, "file:%s", encoder->output.temporary) < 0)
        return failed(encoder, AVERROR(ENOMEM), "no file name");
    int code = avformat_alloc_output_context2(&encoder->format, NULL, "mp4", address);
    AVStream *stream = code >= 0 ? avformat_new_stream(encoder->format, NULL) : NULL;
    if (code >= 0) code = stream ? avcodec_parameters_from_context(stream->codecpar, encoder->codec) : AVERROR(ENOMEM);
    if (code >= 0) {
        stream->time_base = encoder->codec->time_base;
        stream->avg_frame_rate = encoder->codec->framerate;
        stream->sample_aspect_ratio = encoder->codec->sample_aspect_ratio;
        encoder->format->flags |= AVFMT_FLAG_BITEXACT;
        code = avio_open(&encoder->format->pb, address, AVIO_FLAG_WRITE);
    }
    free(address);
    AVDictionary *options = NULL;
    av_dict_set(&options, "movflags", "+faststart", 0);
    if (code >= 0) code = avformat_write_header(encoder->format, &options);
    av_dict_free(&options);
    return code >= 0 ? TN_OK : failed(encoder, code, "the movie cannot be begun");
}

static tn_status check_options(om_encoder *encoder)
{
    const om_encoder_options *options = &encoder->options;
    if (options->width < 1 || options->height < 1 || options->width > 16384 || options->height > 16384)
        return tn_fail(&encoder->error, TN_EINVAL,
                       "%s: frames of %d x %d pixels; from 1 to 16384 each way are possible", encoder->path,
                       options->width, options->height);
    if (!(options->rate >= 0.01 && options->rate <= 1000))
        return tn_fail(&encoder->error, TN_EINVAL, "%s: %g frames per second; from 0.01 to 1000 are possible",
                       encoder->path, options->rate);
    return TN_OK;
}

om_encoder *om_encoder_open(const char *path, const om_encoder_options *options, tn_error *error)
{
    om_encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder || !(encoder->path = strdup(path))) {
        free(encoder);
        om_no_memory(path, error);
        return NULL;
    }
    encoder->options = *options;
    av_log_set_level(AV_LOG_QUIET); /* errors are returned, not printed */
    tn_status status = check_options(encoder);
    if (status == TN_OK) status = choose_codec(encoder);
    if (status == TN_OK) {
        encoder->packet = av_packet_alloc();
        encoder->planar = new_frame(encoder, AV_PIX_FMT_YUV420P);
        if (!encoder->packet || !encoder->planar) status = failed(encoder, AVERROR(ENOMEM), "no memory for a frame");
    }
    if (status == TN_OK) status = om_output_begin(&encoder->output, path, options->overwrite, &encoder->error);
    encoder->writing = status == TN_OK;
    if (status == TN_OK) status = open_container(encoder);
    if (status == TN_OK) return encoder;
    tn_fail(error, status, "%s", encoder->error.message);
    om_encoder_free(encoder);
    return NULL;
}

const char *om_encoder_codec(const om_encoder *encoder)
{
    return encoder->codec_name;
}

/* ---- frames ---- */

/* The conversion from the caller's pixels, made for the first frame of a kind. */
static tn_status prepare_conversion(om_encoder *encoder, om_pixels pixels)
{
    static const enum AVPixelFormat format_of[] = {
        [OM_GREY8] = AV_PIX_FMT_GRAY8, [OM_RGB24] = AV_PIX_FMT_RGB24, [OM_BGRA32] = AV_PIX_FMT_0RGB32};
    enum AVPixelFormat format = format_of[pixels];
    if (encoder->padded && encoder->padded->format == format) return TN_OK;
    av_frame_free(&encoder->padded);
    sws_freeContext(encoder->scaler);
    int width = encoder->codec->width, height = encoder->codec->height;
    encoder->padded = new_frame(encoder, format);
    encoder->scaler = sws_getContext(width, height, format, width, height, AV_PIX_FMT_YUV420P,
                                     SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT, NULL, NULL, NULL);
    if (!encoder->padded || !encoder->scaler) return failed(encoder, AVERROR(ENOMEM), "no memory for a frame");
    const int *matrix = sws_getCoefficients(SWS_CS_ITU709);
    sws_setColorspaceDetails(encoder->scaler, matrix, 1, matrix, 0, 0, 1 << 16, 1 << 16);
    return TN_OK;
}

static void copy_padded(om_encoder *encoder, om_pixels pixels, const uint8_t *data, size_t stride)
{
    AVFrame *to = encoder->padded;
    size_t size = (size_t)om_pixel_bytes(pixels), row = size * (size_t)encoder->options.width;
    for (int y = 0; y < to->height; y++) {
        int from = y < encoder->options.height ? y : encoder->options.height - 1;
        uint8_t *out = to->data[0] + (ptrdiff_t)y * to->linesize[0];
        memcpy(out, data + (size_t)from * stride, row);
        if (to->width > encoder->options.width) memcpy(out + row, out + row - size, size);
    }
}

/* Writes every packet that the encoder has ready. */
static tn_status write_packets(om_encoder *encoder)
{
    AVStream *stream = encoder->format->streams[0];
    int code;
    while ((code = avcodec_receive_packet(encoder->codec, encoder->packet)) >= 0) {
        if (!encoder->packet->duration) encoder->packet->duration = 1;
        av_packet_rescale_ts(encoder->packet, encoder->codec->time_base, stream->time_base);
        encoder->packet->stream_index = 0;
        code = av_interleaved_write_frame(encoder->format, encoder->packet);
        if (code < 0) return failed(encoder, code, "writing failed");
    }
    return code == AVERROR(EAGAIN) || code == AVERROR_EOF ? TN_OK : failed(encoder, code, "encoding failed");
}

static tn_status add_frame(om_encoder *encoder, om_pixels pixels, const uint8_t *data, size_t stride)
{
    tn_status status = prepare_conversion(encoder, pixels);
    if (status != TN_OK) return status;
    int code = av_frame_make_writable(encoder->planar);
    if (code < 0) return failed(encoder, code, "no memory for a frame");
    copy_padded(encoder, pixels, data, stride);
    sws_scale(encoder->scaler, (const uint8_t *const *)encoder->padded->data, encoder->padded->linesize, 0,
              encoder->padded->height, encoder->planar->data, encoder->planar->linesize);
    encoder->planar->pts = encoder->frames++;
    code = avcodec_send_frame(encoder->codec, encoder->planar);
    return code >= 0 ? write_packets(encoder) : failed(encoder, code, "encoding failed");
}

tn_status om_encoder_add(om_encoder *encoder, om_pixels pixels, const uint8_t *data, size_t stride, tn_error *error)
{
    if (encoder->error.status == TN_OK) add_frame(encoder, pixels, data, stride);
    if (encoder->error.status == TN_OK) return TN_OK;
    return tn_fail(error, encoder->error.status, "%s", encoder->error.message);
}

/* ---- the end ---- */

static tn_status complete_file(om_encoder *encoder)
{
    if (!encoder->frames) return tn_fail(&encoder->error, TN_EINVAL, "%s: a movie without frames", encoder->path);
    int code = avcodec_send_frame(encoder->codec, NULL);
    tn_status status = code >= 0 ? write_packets(encoder) : failed(encoder, code, "encoding failed");
    if (status != TN_OK) return status;
    if ((code = av_write_trailer(encoder->format)) < 0) return failed(encoder, code, "writing failed");
    if ((code = avio_closep(&encoder->format->pb)) < 0) return failed(encoder, code, "writing failed");
    return TN_OK;
}

tn_status om_encoder_finish(om_encoder *encoder, tn_error *error)
{
    tn_status status = encoder->error.status;
    if (status == TN_OK) status = complete_file(encoder);
    if (status == TN_OK) {
        encoder->writing = false;
        status = om_output_commit(&encoder->output, &encoder->error);
    }
    if (status != TN_OK) return tn_fail(error, status, "%s", encoder->error.message);
    tn_fail(&encoder->error, TN_EINVAL, "%s: the movie is complete", encoder->path); /* for any later call */
    return TN_OK;
}

void om_encoder_free(om_encoder *encoder)
{
    if (!encoder) return;
    if (encoder->format) avio_closep(&encoder->format->pb);
    avformat_free_context(encoder->format);
    avcodec_free_context(&encoder->codec);
    av_packet_free(&encoder->packet);
    av_frame_free(&encoder->padded);
    av_frame_free(&encoder->planar);
    sws_freeContext(encoder->scaler);
    if (encoder->writing) om_output_abort(&encoder->output);
    free(encoder->path);
    free(encoder);
}
