/* The rows of org.classd.Records. */
#include "registrar/record_methods.h"

#define RECORDS(name) "org.classd.Records." name

const struct api_method record_methods[] = {
    {RECORDS("Tag"), NULL, record_method_tag, API_MUTATES | API_DESCRIPTORS},
    {RECORDS("TagFolder"), NULL, record_method_tag_folder, API_MUTATES | API_DESCRIPTORS | API_STREAM},
    {RECORDS("Declare"), NULL, record_method_declare, API_MUTATES | API_DESCRIPTORS},
    {RECORDS("Submit"), NULL, record_method_submit, API_MUTATES},
    {RECORDS("Withdraw"), NULL, record_method_withdraw, API_MUTATES},
    {RECORDS("Return"), NULL, record_method_return, API_MUTATES},
    {RECORDS("Release"), NULL, record_method_release, API_MUTATES},
    {RECORDS("Mark"), NULL, record_method_mark, 0},
    {RECORDS("PrepareDecision"), NULL, record_method_prepare, 0},
    {RECORDS("Decide"), NULL, record_method_decide, API_MUTATES},
    {RECORDS("Show"), NULL, record_method_show, API_DESCRIPTORS},
    {RECORDS("Queue"), NULL, record_method_queue, 0},
    {RECORDS("List"), NULL, record_method_list, 0},
    {RECORDS("Verify"), NULL, record_method_verify, 0},
    {0},
};
