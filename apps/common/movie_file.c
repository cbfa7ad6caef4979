/* Movie files, decoded by FFmpeg's libraries. */
#include "config.h"
#include "common/movie_kind.h"
#include "common/no_memory.h"

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How the stored picture is turned: pixel (x, y) goes to (xx x + xy y, yx x + yy y), shifted to begin at 0. */
typedef struct turn {
    int xx, xy, yx, yy; /* each -1, 0 or 1 */
} turn;

typedef struct movie_file {
    om_movie base;
    char *path;
    AVFormatContext *format;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *decoded, *square; /* square: in RGB, with square pixels, before turning */
    struct SwsContext *scaler;
    int size[3]; /* width, height and pixel format of every decoded frame */
    turn turn;
    uint8_t *rgb; /* [height, width, 3], upright */
    int stream;
    int64_t packets, frames, indexed; /* read so far; packets that the container's index announced */
    int64_t first_stamp;
    double latest; /* time of the latest frame */
    bool drained;  /* the decoder was told that no packet follows */
    bool ready;    /* the first frame was decoded by opening */
} movie_file;

static const char *words(int code, char text[AV_ERROR_MAX_STRING_SIZE])
{
    return av_strerror(code, text, AV_ERROR_MAX_STRING_SIZE) ? "unknown error" : text;
}

#define WORDS(code) words(code, (char[AV_ERROR_MAX_STRING_SIZE]){0})

/* FFmpeg's codes for what the system could not do are negative errno values. */
static tn_status status_of(int code)
{
    if (code == AVERROR(ENOMEM)) return TN_ENOMEM;
    return code == AVERROR(EIO) || code == AVERROR(ENOENT) || code == AVERROR(EACCES) ? TN_EIO : TN_EFORMAT;
}

static tn_status damaged(movie_file *movie, const char *reason, tn_error *error)
{
    return tn_fail(error, TN_EFORMAT, "%s: the movie is damaged or truncated after %lld frames: %s", movie->path,
                   (long long)movie->frames, reason);
}

/* ---- opening ---- */

static tn_status open_container(movie_file *movie, tn_error *error)
{
    char *address = NULL;
    AVDictionary *options = NULL;
    /* "file:" so that no name is taken for a network address or a pattern; the file must not name others. */
    if (asprintf(&address, "file:%s", movie->path) < 0) return om_no_memory(movie->path, error);
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    int code = avformat_open_input(&movie->format, address, NULL, &options);
    av_dict_free(&options);
    free(address);
    if (code >= 0) code = avformat_find_stream_info(movie->format, NULL);
    if (code >= 0) return TN_OK;
    /* FFmpeg takes the end of a file within its first bytes for a disk that cannot be read. */
    tn_status status = code == AVERROR(EIO) ? om_movie_check_end(movie->path, "matroska,webm", 0, error) : TN_OK;
    if (status != TN_OK) return status;
    return tn_fail(error, status_of(code), "%s: not read as a movie: %s", movie->path, WORDS(code));
}

static tn_status open_decoder(movie_file *movie, tn_error *error)
{
    const AVCodec *decoder = NULL;
    movie->stream = av_find_best_stream(movie->format, AVMEDIA_TYPE_VIDEO, -1, -1, &decoder, 0);
    if (movie->stream == AVERROR_DECODER_NOT_FOUND)
        return tn_fail(error, TN_EFORMAT, "%s: FFmpeg has no decoder for this movie", movie->path);
    AVStream *stream = movie->stream < 0 ? NULL : movie->format->streams[movie->stream];
    if (!stream || stream->disposition & AV_DISPOSITION_ATTACHED_PIC)
        return tn_fail(error, TN_EFORMAT, "%s: the file holds no video", movie->path);

    movie->indexed = avformat_index_get_entries_count(stream);
    movie->codec = avcodec_alloc_context3(decoder);
    movie->packet = av_packet_alloc();
    movie->decoded = av_frame_alloc();
    movie->square = av_frame_alloc();
    if (!movie->codec || !movie->packet || !movie->decoded || !movie->square)
        return tn_fail(error, TN_ENOMEM, "%s: no memory for a decoder", movie->path);
    int code = avcodec_parameters_to_context(movie->codec, stream->codecpar);
    movie->codec->pkt_timebase = stream->time_base;
    movie->codec->max_pixels = OM_MAX_PIXELS;
    movie->codec->thread_count = 1; /* movies are decoded in parallel to each other */
    /* Without this, what is missing of a picture is painted grey. */
    movie->codec->err_recognition |= AV_EF_CRCCHECK | AV_EF_EXPLODE;
    if (code >= 0) code = avcodec_open2(movie->codec, decoder, NULL);
    if (code >= 0) return TN_OK;
    return tn_fail(error, status_of(code), "%s: no decoding: %s", movie->path, WORDS(code));
}

/* The turn that the frame or, if it has none, the container asks for: a 3 x 3 matrix of 16.16 numbers. */
static tn_status find_turn(movie_file *movie, tn_error *error)
{
    const AVFrameSideData *side = av_frame_get_side_data(movie->decoded, AV_FRAME_DATA_DISPLAYMATRIX);
    const uint8_t *bytes = side && side->size >= 36 ? side->data : NULL;
    size_t size = 36;
    if (!bytes)
        bytes = av_stream_get_side_data(movie->format->streams[movie->stream], AV_PKT_DATA_DISPLAYMATRIX, &size);
    movie->turn = (turn){.xx = 1, .yy = 1};
    if (!bytes || size < 36) return TN_OK;

    int32_t matrix[9];
    memcpy(matrix, bytes, sizeof matrix);
    double scale = hypot(matrix[0], matrix[1]), angle = av_display_rotation_get(matrix);
    double part[4] = {matrix[0] / scale, matrix[3] / scale, matrix[1] / scale, matrix[4] / scale};
    for (int i = 0; i < 4; i++)
        if (!(fabs(part[i] - round(part[i])) < 0.01) || fabs(part[i]) > 1.01)
            return tn_fail(error, TN_EFORMAT,
                           "%s: the movie is to be turned by %.1f degrees; only right angles are known", movie->path,
                           angle);
    turn t = {(int)lround(part[0]), (int)lround(part[1]), (int)lround(part[2]), (int)lround(part[3])};
    if (abs(t.xx * t.yy - t.xy * t.yx) != 1)
        return tn_fail(error, TN_EFORMAT, "%s: the display matrix of the movie is no rotation", movie->path);
    movie->turn = t;
    return TN_OK;
}

/* The matrix and range of the stored colours, which the scaler does not take from the frame by itself. */
static void set_colours(movie_file *movie)
{
    const AVFrame *frame = movie->decoded;
    bool full = frame->color_range == AVCOL_RANGE_JPEG;
    int matrix = frame->colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_DEFAULT : (int)frame->colorspace;
    const int *coefficients = sws_getCoefficients(matrix);
    sws_setColorspaceDetails(movie->scaler, coefficients, full, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16,
                             1 << 16);
}

/* From the first frame: size, turn, and the conversion to RGB with square pixels. */
static tn_status prepare_conversion(movie_file *movie, tn_error *error)
{
    AVStream *stream = movie->format->streams[movie->stream];
    AVFrame *in = movie->decoded, *out = movie->square;
    AVRational aspect = av_guess_sample_aspect_ratio(movie->format, stream, in);
    double ratio = aspect.num > 0 && aspect.den > 0 ? av_q2d(aspect) : 1;
    if (ratio > 16 || ratio < 1.0 / 16)
        return tn_fail(error, TN_EFORMAT, "%s: pixels with an aspect ratio of %d:%d; from 1:16 to 16:1 is possible",
                       movie->path, aspect.num, aspect.den);
    double width = in->width * (ratio > 1 ? ratio : 1), height = in->height * (ratio < 1 ? 1 / ratio : 1);
    tn_status status = om_movie_check_size(movie->path, (int64_t)round(width), (int64_t)round(height), error);
    if (status == TN_OK) status = find_turn(movie, error);
    if (status != TN_OK) return status;

    movie->size[0] = in->width;
    movie->size[1] = in->height;
    movie->size[2] = in->format;
    out->width = (int)round(width);
    out->height = (int)round(height);
    out->format = AV_PIX_FMT_RGB24;
    movie->scaler =
        sws_getContext(in->width, in->height, (enum AVPixelFormat)in->format, out->width, out->height, AV_PIX_FMT_RGB24,
                       SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT, NULL, NULL, NULL);
    if (!movie->scaler)
        return tn_fail(error, TN_EFORMAT, "%s: pixels of an unknown kind cannot be turned into RGB", movie->path);
    set_colours(movie);
    movie->rgb = malloc((size_t)out->width * (size_t)out->height * 3);
    if (!movie->rgb || av_frame_get_buffer(out, 0) < 0)
        return tn_fail(error, TN_ENOMEM, "%s: no memory for a frame", movie->path);

    double rate = av_q2d(av_guess_frame_rate(movie->format, stream, in));
    movie->base.info = (om_movie_info){.width = movie->turn.xx ? out->width : out->height,
                                       .height = movie->turn.xx ? out->height : out->width,
                                       .frames = stream->nb_frames > 0 ? stream->nb_frames : -1,
                                       .rate = rate > 0 && isfinite(rate) ? rate : 25};
    return TN_OK;
}

static tn_status check_end(movie_file *movie, tn_error *error)
{
    const AVCodecParameters *video = movie->format->streams[movie->stream]->codecpar;
    int bytes = av_image_get_buffer_size((enum AVPixelFormat)video->format, video->width, video->height, 1);
    return om_movie_check_end(movie->path, movie->format->iformat->name, bytes, error);
}

/* ---- decoding ---- */

/* Hands the decoder the next packet of the video, or the news that there is none. */
static tn_status feed(movie_file *movie, tn_error *error)
{
    int code;
    while ((code = av_read_frame(movie->format, movie->packet)) >= 0 && movie->packet->stream_index != movie->stream)
        av_packet_unref(movie->packet);
    if (code == AVERROR_EOF && movie->format->pb && movie->format->pb->error < 0) code = movie->format->pb->error;
    if (code == AVERROR_EOF) {
        movie->drained = true;
        code = avcodec_send_packet(movie->codec, NULL);
    } else if (code >= 0) {
        bool corrupt = movie->packet->flags & AV_PKT_FLAG_CORRUPT;
        code = avcodec_send_packet(movie->codec, movie->packet);
        av_packet_unref(movie->packet);
        if (corrupt) return damaged(movie, "a packet is incomplete", error);
        movie->packets++;
    }
    return code >= 0 ? TN_OK : damaged(movie, WORDS(code), error);
}

/* Whether the file ended before what its header announces. The index of MP4 and MOV files lists every packet; of
 * other containers the duration is known roughly, and that of the sound, if there is any, may be the longer one. */
static bool ended_early(const movie_file *movie)
{
    const AVStream *stream = movie->format->streams[movie->stream];
    if (strstr(movie->format->iformat->name, "mp4")) return movie->packets < movie->indexed;
    double announced = 0, reached = movie->latest + 1 / movie->base.info.rate;
    if (stream->duration > 0)
        announced = (double)stream->duration * av_q2d(stream->time_base);
    else if (movie->format->duration > 0)
        announced = (double)movie->format->duration / AV_TIME_BASE;
    return reached < (movie->format->nb_streams > 1 ? 0.95 * announced - 1 : 0.99 * announced - 0.1);
}

/* Decodes into movie->decoded; *end is set when there is no frame any more. */
static tn_status decode(movie_file *movie, bool *end, tn_error *error)
{
    int code;
    while ((code = avcodec_receive_frame(movie->codec, movie->decoded)) == AVERROR(EAGAIN)) {
        tn_status status = feed(movie, error);
        if (status != TN_OK) return status;
    }
    *end = code == AVERROR_EOF;
    if (*end) return ended_early(movie) ? damaged(movie, "its header announces more", error) : TN_OK;
    if (code < 0) return damaged(movie, WORDS(code), error);
    if (movie->decoded->flags & AV_FRAME_FLAG_CORRUPT || movie->decoded->decode_error_flags)
        return damaged(movie, "a frame was decoded with errors", error);
    return TN_OK;
}

static void turn_upright(movie_file *movie)
{
    const AVFrame *in = movie->square;
    turn t = movie->turn;
    ptrdiff_t width = movie->base.info.width, height = movie->base.info.height;
    ptrdiff_t first_x = t.xx + t.xy < 0 ? width - 1 : 0, first_y = t.yx + t.yy < 0 ? height - 1 : 0;
    ptrdiff_t step = 3 * (t.xx + t.yx * width);
    for (ptrdiff_t y = 0; y < in->height; y++) {
        const uint8_t *from = in->data[0] + y * in->linesize[0];
        uint8_t *to = movie->rgb + 3 * ((first_y + t.yy * y) * width + first_x + t.xy * y);
        if (step == 3)
            memcpy(to, from, 3 * (size_t)in->width);
        else
            for (int x = 0; x < in->width; x++, from += 3, to += step) memcpy(to, from, 3);
    }
}

/* Time of the decoded frame; where stamps are missing or do not increase, one period after the latest. */
static double time_of(movie_file *movie)
{
    int64_t stamp = movie->decoded->best_effort_timestamp;
    double next = movie->latest + 1 / movie->base.info.rate;
    if (movie->frames == 0) {
        movie->first_stamp = stamp;
        return 0;
    }
    if (stamp == AV_NOPTS_VALUE || movie->first_stamp == AV_NOPTS_VALUE) return next;
    double time =
        ((double)stamp - (double)movie->first_stamp) * av_q2d(movie->format->streams[movie->stream]->time_base);
    return time > movie->latest ? time : next;
}

static tn_status next_frame(om_movie *base, om_frame *frame, tn_error *error)
{
    movie_file *movie = (movie_file *)base;
    AVFrame *in = movie->decoded;
    bool end = false;
    tn_status status = movie->ready ? TN_OK : decode(movie, &end, error);
    movie->ready = false;
    if (status != TN_OK) return status;
    if (end) return TN_OK;

    const int *size = movie->size;
    if (in->width != size[0] || in->height != size[1] || in->format != size[2])
        return tn_fail(error, TN_EFORMAT, "%s: frame %lld has another size or kind of pixels than the first",
                       movie->path, (long long)movie->frames);
    sws_scale(movie->scaler, (const uint8_t *const *)in->data, in->linesize, 0, in->height, movie->square->data,
              movie->square->linesize);
    turn_upright(movie);
    movie->latest = time_of(movie);
    movie->frames++;
    *frame = (om_frame){base->info.width, base->info.height, OM_RGB24, movie->rgb, movie->latest};
    return TN_OK;
}

static void close_file(om_movie *base)
{
    movie_file *movie = (movie_file *)base;
    sws_freeContext(movie->scaler);
    av_frame_free(&movie->square);
    av_frame_free(&movie->decoded);
    av_packet_free(&movie->packet);
    avcodec_free_context(&movie->codec);
    avformat_close_input(&movie->format);
    free(movie->rgb);
    free(movie->path);
    free(movie);
}

om_movie *om_movie_open_file(const char *path, tn_error *error)
{
    static const om_movie_kind kind = {next_frame, close_file};
    tn_error cause = {0};
    bool end = false;
    movie_file *movie = calloc(1, sizeof *movie);
    if (!movie || !(movie->path = strdup(path))) {
        free(movie);
        om_no_memory(path, error);
        return NULL;
    }
    movie->base.kind = &kind;
    av_log_set_level(AV_LOG_QUIET); /* errors are returned, not printed */
    tn_status status = open_container(movie, &cause);
    if (status == TN_OK) status = open_decoder(movie, &cause);
    if (status == TN_OK) status = check_end(movie, &cause);
    if (status == TN_OK) status = decode(movie, &end, &cause);
    if (status == TN_OK && end) status = damaged(movie, "there is no frame", &cause);
    if (status == TN_OK) status = prepare_conversion(movie, &cause);
    movie->ready = true;
    if (status == TN_OK) return &movie->base;
    tn_fail(error, cause.status, "%s", cause.message);
    close_file(&movie->base);
    return NULL;
}
