/* builtin.h - where the built-in circuit lies. */
#ifndef OM_GENERATION_BUILTIN_H
#define OM_GENERATION_BUILTIN_H

#include "tensor.h"

/* The path of the built-in circuit, to be freed. It is looked for in the directory that OMMATID_DATA names, or else
 * where the programs were installed to, or else beside the executable: in the installation it is part of, or in the
 * tree it was built in.
 * Errors: TN_EIO it is in none of them (the message names them); TN_ENOMEM. Returns NULL on error. */
char *om_builtin_circuit(tn_error *error);

#endif
