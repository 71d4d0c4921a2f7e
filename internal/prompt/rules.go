package prompt

import "github.com/tokengate/tokengate/internal/source"

// Rules documents the rule ids of this package. Values and keys of budget blocks and fixtures are also judged by the
// decoder's rules, see source.Rules.
var Rules = []source.Rule{
	{ID: "template-outside", Summary: "a template's path leads out of the project", Explain: "Templates are named relative to the project's root, without \"..\" and never by an absolute path, and a symbolic link must stay inside. What stands outside is not the same on every machine, so it can not be counted."},
	{ID: "template-missing", Summary: "a template does not exist", Explain: "The path is relative to the project's root. A template that is not there is an error: its tokens must not silently count as none."},
	{ID: "template-not-a-file", Summary: "a template is a directory or no regular file", Explain: "Name the file itself."},
	{ID: "template-too-large", Summary: "a template is larger than 4 MiB", Explain: "Tools skip memory files of that size, and no prompt that goes with every call should reach it."},
	{ID: "template-binary", Summary: "a template is not a text file", Explain: "The file holds NUL bytes; UTF-16 text does, too. Save it as UTF-8. A Git LFS pointer is refused as well: it is not the text that is sent."},
	{ID: "template-unreadable", Summary: "a template can not be opened or read", Explain: "The file is there and the machine refused it; the message says why."},
	{ID: "template-invalid-utf8", Summary: "a file holds bytes that are not UTF-8", Explain: "Each such byte is counted as U+FFFD, as most tools send it."},
	{ID: "template-empty", Summary: "a template sends nothing", Explain: "After front matter and comments are taken out nothing is left. In a CLAUDE.md this often means that the text stands in a file that is not imported."},
	{ID: "template-link-text", Summary: "a template looks like a symbolic link checked out as text", Explain: "Where symbolic links are switched off, git writes the link's target as the content of a small file. The tool then loads those few bytes and not the file they name."},
	{ID: "front-matter-invalid", Summary: "front matter is not valid YAML", Explain: "Tools differ in what they do then; some drop the whole file in silence. When the front matter seems to hold a budget it is an error (yaml-syntax) instead."},
	{ID: "import-outside", Summary: "an @import leads out of the project", Explain: "Absolute paths, ~ and .. out of the repository are loaded only after an approval on a developer's machine, and not in a build. They are not counted."},
	{ID: "import-missing", Summary: "an @import names no file", Explain: "The tool ignores it in silence. Paths are relative to the file that the import stands in. A mention such as @someone or @scope/package is not reported."},
	{ID: "import-trailing-punctuation", Summary: "punctuation after an @import makes it load nothing", Explain: "Everything up to the next white space is the path: \"see @docs/a.md.\" looks for a file named \"a.md.\". Put a space in between or end the line after the path."},
	{ID: "import-cycle", Summary: "imports lead back to a file that is being imported", Explain: "Each file is sent once, so a cycle does no harm at run time; it is still a mistake in the files, and the message shows the chain."},
	{ID: "import-too-deep", Summary: "an @import is below the depth limit", Explain: "The tool follows four hops from the root file and ignores what is deeper."},
	{ID: "import-not-text", Summary: "an @import names a file that is not text", Explain: "Only files with a known text extension, or none, are imported; a file with NUL bytes is not."},
	{ID: "import-too-large", Summary: "an imported file is larger than 4 MiB", Explain: "The tool skips it."},
	{ID: "import-empty", Summary: "an imported file sends nothing", Explain: "After front matter and comments are taken out nothing is left, and no block is sent for it."},
	{ID: "import-unreadable", Summary: "an imported file can not be opened or read", Explain: "The file is there and the machine refused it. Its tokens are unknown, so this is an error."},
	{ID: "budget-block-unrecognised", Summary: "something that looks like a budget is not read as one", Explain: "A budget is a fence marked exactly \"yaml tokengate\", the key tokengate in front matter, or a table under a heading \"Token budget\". What comes close and is none of these sets no limit, so it is pointed out."},
	{ID: "budget-empty", Summary: "a budget declares nothing", Explain: "A block without a limit limits nothing."},
	{ID: "budget-expired", Summary: "a budget has expired", Explain: "The day in expires is the last one the block holds. An emergency envelope ends by itself; renew it or remove it."},
	{ID: "duplicate-budget", Summary: "two budgets of a template declare the same limit for the same scope", Explain: "It would be a guess which one holds, so neither is preferred. The scope is the track and the feature; a block with neither governs the template."},
	{ID: "placeholder-unsupported", Summary: "a prompt file holds template logic", Explain: "Only {{name}} is replaced. Conditions, loops and partials are counted as they stand, which is not what the application sends."},
	{ID: "fixture-unreadable", Summary: "a fixture file can not be used", Explain: "The message says why: it is missing, outside the project, too large, or not text."},
	{ID: "fixture-empty", Summary: "a fixture file holds no fixture", Explain: "A file that is empty checks nothing."},
	{ID: "fixture-no-template", Summary: "a fixture names no template", Explain: "Variables alone can not be rendered; add template with a path relative to the project's root."},
	{ID: "fixture-missing-template", Summary: "the template of a fixture can not be used", Explain: "The path is relative to the project's root, not to the fixture file."},
	{ID: "fixture-missing-var", Summary: "a placeholder has no variable", Explain: "The placeholder is counted as it stands, which is shorter or longer than what the application sends."},
	{ID: "fixture-expectation", Summary: "a rendered fixture is not as expected", Explain: "The prompt is longer or shorter than the fixture allows, or a text that it must contain is gone."},
}
