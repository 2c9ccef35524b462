#!/bin/sh
# extract.sh POT FILE...: the texts of FILEs that people read, marked by _(), N_() and P_(), the refusals of errors.def, and what
# workers/run.sh and operator.sh say.
pot=$1
shift
mkdir -p "$(dirname "$pot")" || exit 1
take() { # KEYWORDS FILES
	xgettext --language=C --from-code=UTF-8 --no-wrap --sort-by-file --add-location=file --package-name=paidan --keyword "$@"
}
# Sentence and advice of a refusal are two texts, and one run takes one of a macro's arguments. What it says about Chinese in
# texts is not wanted.
if ! { take --language=Shell --keyword=text:1 --keyword=say:1 --keyword=told:1 --keyword=fail:2 --output="$pot" workers/run.sh workers/operator.sh &&
	take --keyword=_ --keyword=N_ --keyword=P_:1,2 --keyword=REFUSAL:3 --join-existing --output="$pot" "$@" &&
	take --keyword=REFUSAL:4 --join-existing --output="$pot" proto/errors.def; } 2>"$pot.log"; then
	cat "$pot.log" >&2
	exit 1
fi
sed -i '/^"POT-Creation-Date:/d; s/charset=CHARSET/charset=UTF-8/' "$pot"
