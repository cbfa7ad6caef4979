/* Names of circuits and cell types. */
#include "config.h"
#include "models.h"

/* The bytes of the control character at text, 0 if it is another: U+0000 to U+001F, U+007F to U+009F, U+2028 and
 * U+2029. */
static int control_at(const unsigned char *text)
{
    if (*text < 0x20 || *text == 0x7f) return 1;
    if (*text == 0xc2 && text[1] < 0xa0) return 2;
    return *text == 0xe2 && text[1] == 0x80 && (text[2] == 0xa8 || text[2] == 0xa9) ? 3 : 0;
}

tn_status om_name_check(const char *name, size_t length, tn_error *why)
{
    if (length == 0 || length >= OM_NAME_SIZE)
        return tn_fail(why, TN_EFORMAT, "has %zu bytes, expected 1 to %d", length, OM_NAME_SIZE - 1);
    for (size_t i = 0; i < length; i++) {
        const unsigned char *text = (const unsigned char *)name + i;
        int bytes = control_at(text);
        if (!bytes) continue;
        uint32_t code = bytes == 1 ? text[0] : bytes == 2 ? text[1] : 0x2000u | (text[2] & 0x3fu);
        return tn_fail(why, TN_EFORMAT, "has the control character U+%04X at byte %zu, expected none", (unsigned)code,
                       i);
    }
    return TN_OK;
}
