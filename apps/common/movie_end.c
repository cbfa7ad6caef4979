/* Whether files end where their formats say. FFmpeg takes what a truncated file still holds for the whole. */
#include "config.h"
#include "common/input.h"
#include "common/movie_kind.h"

#include <string.h>
#include <sys/stat.h>

/* Passes over so many bytes; false where the file ends before. */
static bool skip(FILE *file, int64_t bytes)
{
    struct stat about;
    if (bytes < 0 || fstat(fileno(file), &about)) return false;
    int64_t at = (int64_t)ftello(file);
    return at >= 0 && bytes <= (int64_t)about.st_size - at && !fseeko(file, (off_t)bytes, SEEK_CUR);
}

/* A big-endian number, or -1 where the file ends. */
static int64_t number(FILE *file, int bytes)
{
    int64_t value = 0;
    for (int i = 0; i < bytes; i++) {
        int byte = getc(file);
        if (byte == EOF) return -1;
        value = value << 8 | byte;
    }
    return value;
}

/* ---- JPEG: ITU-T T.81, annex B ---- */

enum { JPEG_START = 0xd8, JPEG_END = 0xd9, JPEG_SCAN = 0xda, JPEG_APP2 = 0xe2 };

/* The next marker but for those within coded data, where 0xff is followed by 0 or a restart; EOF at the end. */
static int next_marker(FILE *file)
{
    for (int byte = getc(file); byte != EOF;) {
        if (byte != 0xff) {
            byte = getc(file);
            continue;
        }
        while (byte == 0xff) byte = getc(file);
        if (byte && !(byte >= 0xd0 && byte <= 0xd7)) return byte;
    }
    return EOF;
}

const char *om_jpeg_fault(FILE *file)
{
    bool several = false;
    if (number(file, 2) != (0xff00 | JPEG_START)) return "not a JPEG image";
    for (int marker; (marker = next_marker(file)) != JPEG_END;) {
        int64_t length = marker == EOF ? -1 : number(file, 2) - 2;
        /* Cameras put previews and depth maps behind the picture, and say so. */
        if (marker == JPEG_APP2 && length >= 4) {
            several |= number(file, 4) == 0x4d504600; /* "MPF" */
            length -= 4;
        }
        if (!skip(file, length)) return "a truncated JPEG image";
    }
    return !several && number(file, 2) == (0xff00 | JPEG_START) ? "more than one JPEG image" : NULL;
}

/* ---- movies ---- */

static bool skip_blocks(FILE *file)
{
    int size;
    while ((size = getc(file)) > 0)
        if (!skip(file, size)) return false;
    return size == 0;
}

/* Bytes of the colour table that these flags announce. */
static int64_t colours(int64_t flags)
{
    return flags & 0x80 ? 3LL << ((flags & 7) + 1) : 0;
}

static bool gif_is_whole(FILE *file, int64_t frame_bytes)
{
    (void)frame_bytes;
    if (!skip(file, 10) || !skip(file, 2 + colours(getc(file)))) return false;
    for (int kind; (kind = getc(file)) != 0x3b;) {
        if (kind == 0x21 ? !skip(file, 1) : kind != 0x2c || !skip(file, 8) || !skip(file, 1 + colours(getc(file))))
            return false;
        if (!skip_blocks(file)) return false;
    }
    return true;
}

static bool skip_line(FILE *file)
{
    int byte;
    while ((byte = getc(file)) != EOF && byte != '\n') {}
    return byte == '\n';
}

/* A line; then each frame is a line and the pixels. */
static bool y4m_is_whole(FILE *file, int64_t frame_bytes)
{
    if (!skip_line(file)) return false;
    for (int byte; (byte = getc(file)) != EOF;)
        if (byte == '\n' || !skip_line(file) || !skip(file, frame_bytes)) return false;
    return true;
}

/* A length of Matroska: the leading zeros of its first byte tell how many bytes follow. All ones: unknown, -1; -2 where
 * the file ends. */
static int64_t matroska_length(FILE *file)
{
    int first = getc(file), bytes = 0;
    if (first == EOF || first == 0) return -2;
    while (!(first & 0x80 >> bytes)) bytes++;
    int64_t rest = number(file, bytes), mask = (1LL << 7 * (bytes + 1)) - 1;
    int64_t value = ((int64_t)first << 8 * bytes | rest) & mask;
    return rest < 0 ? -2 : value == mask ? -1 : value;
}

/* The header, and the segment with all the rest; what stands between them is not looked at. */
static bool matroska_is_whole(FILE *file, int64_t frame_bytes)
{
    enum { HEADER = 0x1a45dfa3, SEGMENT = 0x18538067 };
    (void)frame_bytes;
    if (number(file, 4) != HEADER) return true;
    if (!skip(file, matroska_length(file))) return false;
    int64_t next = number(file, 4);
    if (next != SEGMENT) return next >= 0;
    int64_t length = matroska_length(file);
    return length == -1 || skip(file, length);
}

/* Chunks with their lengths, several where the movie is larger than 1 GB. A program that could not go back to write a
 * length has left 0 or all ones there. */
static bool avi_is_whole(FILE *file, int64_t frame_bytes)
{
    enum { RIFF = 0x52494646 };
    (void)frame_bytes;
    while (number(file, 4) == RIFF) {
        int64_t stored = number(file, 4);
        if (stored == 0 || stored == UINT32_MAX) return true;
        if (stored < 0 || !skip(file, __builtin_bswap32((uint32_t)stored))) return false;
    }
    return true;
}

/* A header that tells its length; then tags, each with a kind, the length of its body, a time and a stream, and behind
 * each, as behind the header, the length of the one before. */
static bool flash_is_whole(FILE *file, int64_t frame_bytes)
{
    (void)frame_bytes;
    if (!skip(file, 5) || !skip(file, number(file, 4) - 9 + 4)) return false;
    while (getc(file) != EOF) {
        int64_t body = number(file, 3);
        if (body < 0 || !skip(file, 4 + 3 + body + 4)) return false;
    }
    return true;
}

/* Packets of one length. */
static bool transport_is_whole(FILE *file, int64_t frame_bytes)
{
    enum { PACKET = 188 };
    struct stat about;
    (void)frame_bytes;
    if (getc(file) != 0x47 || !skip(file, PACKET - 1) || getc(file) != 0x47) return true; /* with time stamps */
    return fstat(fileno(file), &about) || about.st_size % PACKET == 0;
}

tn_status om_movie_check_end(const char *path, const char *format, int64_t frame_bytes, tn_error *error)
{
    static const struct {
        const char *format;
        bool (*is_whole)(FILE *file, int64_t frame_bytes);
    } ends[] = {
        {"gif", gif_is_whole},
        {"yuv4mpegpipe", y4m_is_whole},
        {"matroska,webm", matroska_is_whole},
        {"avi", avi_is_whole},
        {"flv", flash_is_whole},
        {"mpegts", transport_is_whole},
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        FILE *file;
        if (strcmp(format, ends[i].format)) continue;
        tn_status status = om_input_open(path, false, &file, error);
        if (status) return status;
        bool whole = ends[i].is_whole(file, frame_bytes);
        fclose(file);
        return whole ? TN_OK : tn_fail(error, TN_EFORMAT, "%s: the movie is truncated", path);
    }
    return TN_OK;
}
