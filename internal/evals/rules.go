package evals

import "github.com/tokengate/tokengate/internal/source"

// Rules documents the rule ids of this package.
var Rules = []source.Rule{
	{ID: "eval-unreadable", Summary: "a file of samples can not be used", Explain: "The message says why: it is missing, outside the project, too large, a Git LFS pointer, or not text. A pointer is not the samples: fetch them with git lfs pull."},
	{ID: "eval-empty", Summary: "a file of samples holds none", Explain: "An empty file calls nothing. A registry file names its samples under args.samples_jsonl of each split."},
	{ID: "eval-bad-line", Summary: "a line of samples can not be read", Explain: "Each line is one JSON object: {\"input\": …, \"ideal\": …} of OpenAI Evals, {\"item\": …} of the Evals API, or {\"messages\": …} of fine-tuning. A line that is none of these makes every number a lower bound, so it is an error."},
	{ID: "eval-mixed", Summary: "the lines of a file are of different formats", Explain: "A file of samples holds one format. Two in one file are most likely two files that were joined, and the run that is meant is not known."},
	{ID: "eval-registry", Summary: "an entry of a registry can not be followed", Explain: "An eval of a registry leads to a split (its id), and the split to a file of samples, relative to the data folder beside the registry or to the registry's own folder. The message says where that ends."},
}
