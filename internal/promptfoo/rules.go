package promptfoo

import "github.com/tokengate/tokengate/internal/source"

// Rules documents the rule ids of this package.
var Rules = []source.Rule{
	{ID: "promptfoo-script", Summary: "a configuration of promptfoo is a script", Explain: "promptfooconfig.js, .ts and .py are programs, and nothing is executed here: what they evaluate is not known. Write the configuration as YAML or JSON; single prompts and tests may stay scripts, and are named as not known."},
	{ID: "promptfoo-file", Summary: "a file that a configuration of promptfoo names can not be used", Explain: "It is missing, leads out of the project, is too large, or is not what its extension says. Paths are relative to the configuration; promptfoo stops there as well."},
	{ID: "promptfoo-value", Summary: "a value in a configuration of promptfoo can not be read", Explain: "The message says what was expected. promptfoo itself refuses such a configuration, or reads something else than was meant."},
	{ID: "promptfoo-too-large", Summary: "a run of promptfoo is too large to be planned", Explain: "Lists of values multiply: ten variables of ten values each are ten thousand million tests. Beyond 100,000 calls, 20,000 rendered prompts, 64 MiB of text or 1,000 files of one pattern nothing is planned, and nothing is said of the cost."},
	{ID: "promptfoo-filter", Summary: "a test names a provider or prompt that is not listed", Explain: "providers: and prompts: of a test choose among those of the configuration by label or id. A name that is not there chooses nothing, so the test makes no call; promptfoo refuses to run it."},
	{ID: "promptfoo-assertion", Summary: "an assertion is of a kind that is not known", Explain: "Some kinds of assertions are judged by a model, which costs calls. Of a kind that is not known here nobody can say; promptfoo may be newer than this program, or the name misspelt."},
}
