/* input.h - files of ours that are read as text. */
#ifndef OM_INPUT_H
#define OM_INPUT_H

#include "tensor.h"

/* Opens a file to be read. A pipe of that name is refused at once: whoever opened it would wait for a writer.
 *   optional  a file that is not there is no error; *file is then NULL
 * Errors: TN_EIO it cannot be opened, or is not a regular file. */
tn_status om_input_open(const char *path, bool optional, FILE **file, tn_error *error);

#endif
