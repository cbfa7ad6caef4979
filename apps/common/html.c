/* Pieces of HTML. */
#include "config.h"
#include "common/html.h"
#include "common/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

void om_html_text(FILE *stream, const char *text)
{
    for (const char *in = text ? text : ""; *in;) {
        size_t length = om_text_character(in);
        switch (*in) {
        case '&': fputs("&amp;", stream); break;
        case '<': fputs("&lt;", stream); break;
        case '>': fputs("&gt;", stream); break;
        case '"': fputs("&quot;", stream); break;
        case '\'': fputs("&#39;", stream); break;
        default:
            if (length == 0)
                fputc('?', stream);
            else if (length == 1 && iscntrl((unsigned char)*in) && *in != '\n')
                fputc(' ', stream);
            else
                fwrite(in, 1, length, stream);
        }
        in += length ? length : 1;
    }
}

void om_html_link(FILE *stream, const char *name)
{
    fputs("./", stream);
    for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
        bool plain = *c < 0x80 && (isalnum(*c) || strchr("-._~/", *c));
        fprintf(stream, plain ? "%c" : "%%%02X", *c);
    }
}

/* Reads the head of a PNG file: its signature and the size in the first chunk. */
static tn_status read_head(FILE *file, const char *path, unsigned long size[2], tn_error *error)
{
    static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                              0,    0,   0,   13,  'I',  'H',  'D',  'R'};
    unsigned char head[24];
    errno = 0;
    size_t length = fread(head, 1, sizeof head, file);
    if (ferror(file)) return tn_fail(error, TN_EIO, "%s: cannot be read: %s", path, strerror(errno));
    if (length < sizeof head || memcmp(head, signature, sizeof signature))
        return tn_fail(error, TN_EFORMAT, "%s: not a PNG image", path);
    for (int i = 0; i < 2; i++) {
        const unsigned char *at = head + 16 + 4 * i;
        size[i] = (unsigned long)at[0] << 24 | (unsigned long)at[1] << 16 | (unsigned long)at[2] << 8 | at[3];
    }
    rewind(file);
    return TN_OK;
}

static void write_base64(FILE *stream, const unsigned char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        unsigned group =
            (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0u);
        char out[4] = {digits[group >> 18], digits[group >> 12 & 63], left > 1 ? digits[group >> 6 & 63] : '=',
                       left > 2 ? digits[group & 63] : '='};
        fwrite(out, 1, sizeof out, stream);
    }
}

tn_status om_html_image(FILE *stream, const char *path, const char *alternative, tn_error *error)
{
    unsigned char block[3 * 4096]; /* whole groups of three, so that blocks join */
    unsigned long size[2] = {0, 0};
    FILE *file = fopen(path, "rb");
    if (!file) return tn_fail(error, TN_EIO, "%s: cannot be read: %s", path, strerror(errno));
    tn_status status = read_head(file, path, size, error);
    if (status == TN_OK) {
        fprintf(stream, "<img width=\"%lu\" height=\"%lu\" alt=\"", size[0], size[1]);
        om_html_text(stream, alternative);
        fputs("\" src=\"data:image/png;base64,", stream);
        for (size_t length; (length = fread(block, 1, sizeof block, file)) > 0;) write_base64(stream, block, length);
        fputs("\" />", stream);
        if (ferror(file)) status = tn_fail(error, TN_EIO, "%s: cannot be read: %s", path, strerror(errno));
    }
    fclose(file);
    return status;
}
