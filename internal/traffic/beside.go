package traffic

import "slices"

// besides are files that lie beside recordings, and are none.
var besides = []struct {
	is            func(o map[string]bool) bool
	summary, hint string
}{
	{isBatchInput, "the file holds the requests of a batch, not their results", "record the output file that the provider gives when the batch is done"},
	{func(o map[string]bool) bool { return o["dailyModelTokens"] && o["modelUsage"] },
		"this is Claude Code's cache of statistics, which has no split of a day's tokens into input, output and cache",
		"record the session transcripts instead: the .jsonl files in ~/.claude/projects"},
	{func(o map[string]bool) bool { return o["processedRecordCount"] && o["totalRecordCount"] },
		"this is the manifest of a Bedrock batch, which holds sums", "record the .jsonl.out files that lie with it"},
	{func(o map[string]bool) bool { return o["object=batch"] && o["output_file_id"] },
		"this is the description of a batch, not its results", "record the output file it names"},
	{func(o map[string]bool) bool { return o["type=message_batch"] },
		"this is the description of a batch, not its results", "record what its results_url gives"},
}

// isBatchInput tells what is sent to a batch, of all providers.
func isBatchInput(o map[string]bool) bool {
	if o[cutOff] || o["response"] || o["result"] || o["error"] || o["modelOutput"] {
		return false
	}
	return o["custom_id"] && (o["params"] || o["body"]) || o["requests"] && len(o) == 1 || o["recordId"] && o["modelInput"] || o["request.contents"] || o["contents"] && !o["candidates"]
}

// beside says what a file is whose form is known although it is no recording, or nil.
func beside(h head) error {
	for _, b := range besides {
		if slices.ContainsFunc(h.objects, b.is) {
			return &fileError{rule: ruleDialect, summary: b.summary, hint: b.hint}
		}
	}
	return nil
}
