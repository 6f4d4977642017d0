/* The rows of org.classd.Records. */
#include "registrar/records/decision_set.h"
#include "registrar/records/record_methods.h"

#define RECORDS(name) "org.classd.Records." name

const struct api_method record_methods[] = {
    {RECORDS("Tag"), record_method_tag, API_MUTATES | API_DESCRIPTORS},
    {RECORDS("TagFolder"), record_method_tag_folder, API_MUTATES | API_DESCRIPTORS | API_STREAM},
    {RECORDS("Declare"), record_method_declare, API_MUTATES | API_DESCRIPTORS},
    {RECORDS("Submit"), record_method_submit, API_MUTATES},
    {RECORDS("Withdraw"), record_method_withdraw, API_MUTATES},
    {RECORDS("Return"), record_method_return, API_MUTATES},
    {RECORDS("Request"), record_method_request, API_MUTATES},
    {RECORDS("Refer"), record_method_refer, API_MUTATES},
    {RECORDS("Dispute"), record_method_dispute, API_MUTATES},
    {RECORDS("Report"), record_method_report, API_MUTATES},
    {RECORDS("Challenge"), record_method_challenge, API_MUTATES},
    {RECORDS("Tasks"), record_method_tasks, 0},
    {RECORDS("AnswerTask"), record_method_answer_task, API_MUTATES},
    {RECORDS("Consult"), record_method_consult, API_MUTATES},
    {RECORDS("HandOver"), record_method_hand_over, API_MUTATES},
    {RECORDS("Handover"), record_method_handover, 0},
    {RECORDS("Handovers"), record_method_handovers, 0},
    {RECORDS("CompleteHandover"), record_method_complete_handover, API_MUTATES},
    {RECORDS("Notices"), record_method_notices, 0},
    {RECORDS("GiveNotice"), record_method_give_notice, API_MUTATES},
    {RECORDS("KeepAll"), record_method_keep_all, API_MUTATES},
    {RECORDS("StartReview"), record_method_start_review, API_MUTATES},
    {RECORDS("Reassign"), record_method_reassign, API_MUTATES},
    {RECORDS("Mark"), record_method_mark, 0},
    {RECORDS("Label"), record_method_label, 0},
    {RECORDS("MarkNotice"), record_method_mark_notice, API_MUTATES},
    {RECORDS("PrepareDecision"), record_method_prepare, 0},
    {RECORDS("Decide"), record_method_decide, API_MUTATES},
    {RECORDS("LikeCases"), record_method_like_cases, 0},
    {RECORDS("AgreeSet"), record_method_agree_set, 0},
    {RECORDS("Show"), record_method_show, API_DESCRIPTORS},
    {RECORDS("Queue"), record_method_queue, API_STREAM},
    {RECORDS("List"), record_method_list, API_STREAM},
    {RECORDS("Verify"), record_method_verify, 0},
    {RECORDS("Trace"), record_method_trace, API_STREAM},
    {0},
};
