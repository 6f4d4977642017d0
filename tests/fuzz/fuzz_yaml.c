/* YAML from anybody: a tree or a place and a reason, never both. */
#include "fuzz.h"

#include "library/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWNED(yaml) struct yaml_node *tree = NULL;
	struct yaml_error error = {0};

	if (yaml_parse(bytes_of(data, size), &tree, &error) == YAML_BAD)
		MUST(!tree && error.line && error.reason[0]);
	return 0;
}
