/* Pieces of HTML: escaped text, file names in links, embedded images. Errors of the stream are left to its owner. */
#ifndef OM_HTML_H
#define OM_HTML_H

#include "tensor.h"

/* Writes text so that it is shown as it is, in an element or a quoted attribute; bytes that are not UTF-8 become '?',
 * control characters spaces (line ends stay). NULL counts as empty. */
void om_html_text(FILE *stream, const char *text);

/* Writes the link to a file named relative to the page; it cannot lead to another host or protocol. */
void om_html_link(FILE *stream, const char *name);

/* Writes an img element that carries the PNG file at path within it.
 * Errors: TN_EIO the file cannot be read; TN_EFORMAT it is not a PNG image; both name it. */
tn_status om_html_image(FILE *stream, const char *path, const char *alternative, tn_error *error);

#endif
