// SPDX-License-Identifier: Apache-2.0
#include "scm/retry.h"

#include <curl/curl.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

bool retry_status(int status)
{
    return status == 429 || (status >= 500 && status <= 599 && status != 501 && status != 505);
}

int64_t retry_after_s(const char *retry_after, int64_t now_s)
{
    uint64_t seconds;
    if (retry_after == NULL || retry_after[0] == '\0')
        return 0;
    if (text_to_u64(retry_after, strlen(retry_after), INT32_MAX, &seconds) == CS_OK)
        return (int64_t)seconds;
    int64_t date_s = (int64_t)curl_getdate(retry_after, NULL);
    return date_s > now_s ? date_s - now_s : 0;
}

uint64_t retry_delay_ms(unsigned attempt, uint32_t first_ms, const char *retry_after, int64_t now_s,
                        uint64_t *random)
{
    uint64_t base = (uint64_t)first_ms << (attempt - 2);
    uint64_t delay = base / 2 + hash_next_random(random) % (base + 1);
    uint64_t asked = (uint64_t)retry_after_s(retry_after, now_s) * 1000;
    return delay > asked ? delay : asked;
}
