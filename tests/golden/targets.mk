golden-update: all ## record the golden transcripts anew; read the diff
	@for t in $$(grep -l -- --update tests/golden/t_*.sh); do CLASSD_BUILD=$(B) "$$t" --update; done
.PHONY: golden-update
