package gate

import "github.com/tokengate/tokengate/internal/source"

// Rules documents the rule ids of this package.
var Rules = []source.Rule{
	{ID: "base-unusable", Summary: "base's own configuration cannot be used", Explain: "A mistake in tokengate.yaml or a template was merged. The change that mends it must be able to pass, so head's declarations are held, and the report says so."},
	{ID: "unknown-model", Summary: "a declared model has no price", Explain: "A model that is declared in tokengate.yaml or a budget block must be in the catalogue or in a file under prices.files. It is never priced at $0, and never at a similar model's price. The hint names the nearest ids."},
	{ID: "calibration-changed", Summary: "the change edits the calibration", Explain: "A calibration decides how many tokens a text counts for. Like price files it is read from base and counts both sides, so a change cannot lower its own counts. The edit is named with both digests and holds once merged."},
	{ID: "fixture-unsure", Summary: "a fixture is too close to what it expects to tell", Explain: "The tokens of a template for a tokenizer that is not public carry an error. A fixture that is met at one end of the error and not at the other is neither met nor missed; the verdict is inconclusive until the counter is calibrated or the expectation leaves more room."},
	{ID: "recording-changed", Summary: "the change edits a recording", Explain: "A change must not choose the traffic it is judged by. A recording that base holds is read from base; the edited one counts once merged."},
	{ID: "recording-missing", Summary: "a recording that is named matches no file", Explain: "Without recorded traffic nothing can be forecast, so every ceiling that needs it is inconclusive. Recordings may be committed without text, or fetched before the check."},
	{ID: "recording-gap", Summary: "nothing was recorded on a whole day inside the recording", Explain: "A day without a single call in the whole project is either silence or a hole in the recording. Counted as a zero, a hole lowers every forecast. On a working day between busy days, or on a weekend that is busy otherwise, it is taken to be a hole and left out of the history. A weekday that is silent more often than not stays a zero. What may be either counts as a zero and is named. List the days under silent_days: or missing_days: in tokengate.yaml to state the truth."},
	{ID: "template-unlisted", Summary: "calls were made from a template that is not listed", Explain: "Recorded calls name a template that no entry under templates matches. Their cost is counted, but an edit of that template would not be replayed."},
	{ID: "template-removed", Summary: "the change removes a template that calls were made from", Explain: "What replaces a removed template is not in the recording, so its calls are replayed as on base."},
	{ID: "volume-unknown", Summary: "an entry under volume names what is neither declared nor recorded", Explain: "A plan for a misspelt track, feature or model would move nothing, and the forecast would look as if the plan were in it. In the change at hand it is an error; where base has it, the change that mends it is warned and judged without the plan."},
	{ID: "volume-unrecorded", Summary: "a planned volume cannot be forecast", Explain: "An entry under volume scales recorded calls. What was never recorded, or not of late, has no cost per call that is known, so a planned launch of it is inconclusive, never a guess. Record some of its traffic first, or hold it by ceilings per call."},
}
