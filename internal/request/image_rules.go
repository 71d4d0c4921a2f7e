package request

import (
	"regexp"
	"slices"
	"strings"
)

// imageRule is how some models of a vendor count pictures.
type imageRule struct {
	vendor string
	models []string // names without provider and date
	odd    bool     // not to be taken for the vendor's other models
	source string   // printed as the method
	rule   interface{ of(Image) span }
}

func (r imageRule) of(img Image) span { return r.rule.of(img) }

// What the rules rest on. OpenAI: developers.openai.com/api/docs/guides/images-vision, "Model sizing behavior" and
// "Calculating costs", as of August 2026. Anthropic: platform.claude.com/docs/en/build-with-claude/vision, "Resolution
// and token cost", and …/vision-coordinates, as of August 2026. Google: ai.google.dev/gemini-api/docs/image-understanding
// and …/media-resolution, as of 2026.
const (
	byTiles    = "512 px tiles (OpenAI images guide)"
	byPatches  = "32 px patches (OpenAI images guide)"
	unscaled   = "32 px patches, not scaled (OpenAI images guide)"
	byVisual   = "28 px patches (Claude vision guide)"
	byCrops    = "258 a tile (Gemini image guide)"
	byLevel    = "by media resolution (Gemini media resolution guide)"
	noUnstated = byPatches + ", multiplier not published"
)

// The limits: of models with a budget of 1,536 patches, and of gpt-5.4 and later at high and at original detail.
var (
	budget1536  = limit{2048, 1536}
	budget2500  = limit{2048, 2500}
	budget10000 = limit{6000, 10_000}
)

var imageRules = []imageRule{
	{"openai", []string{"gpt-4o", "chatgpt-4o", "gpt-4.1", "gpt-4.5", "gpt-4-turbo", "gpt-4-vision"}, false, byTiles, tiles{85, 170}},
	// The mini model's numbers are made so that a picture costs the same money as on gpt-4o: they say nothing of others.
	{"openai", []string{"gpt-4o-mini"}, true, byTiles, tiles{2833, 5667}},
	{"openai", []string{"gpt-5", "gpt-5-chat"}, false, byTiles, tiles{70, 140}},
	{"openai", []string{"o1", "o1-pro", "o3"}, false, byTiles, tiles{75, 150}},
	{"openai", []string{"computer-use"}, false, byTiles, tiles{65, 129}},
	{"openai", []string{"gpt-5.4-mini", "gpt-5-mini", "gpt-4.1-mini"}, false, byPatches, patches{high: budget1536, original: budget1536, multiplier: 1.62}},
	{"openai", []string{"gpt-5.4-nano", "gpt-5-nano", "gpt-4.1-nano"}, false, byPatches, patches{high: budget1536, original: budget1536, multiplier: 2.46}},
	{"openai", []string{"o4-mini"}, false, byPatches, patches{high: budget1536, original: budget1536, multiplier: 1.72}},
	{"openai", []string{"gpt-5.2", "gpt-5.2-chat", "gpt-5.2-codex", "gpt-5.3-codex", "gpt-5-codex-mini", "gpt-5.1-codex-mini"},
		false, noUnstated, patches{high: budget1536, original: budget1536}},
	{"openai", []string{"gpt-5.4"}, false, noUnstated, patches{high: budget2500, original: budget10000, auto: "high"}},
	{"openai", []string{"gpt-5.5"}, false, noUnstated, patches{high: budget2500, original: budget10000, auto: "original"}},
	{"openai", []string{"gpt-5.6", "gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna"}, false, unscaled, patches{high: budget2500, auto: "original"}},
	{"anthropic", []string{"claude-opus-4-7", "claude-opus-4-8", "claude-opus-5", "claude-opus-5-5", "claude-sonnet-5", "claude-sonnet-5-5",
		"claude-haiku-5-5", "claude-fable-5", "claude-fable-5-1", "claude-mythos-5", "claude-mythos-5-1"}, false, byVisual, visual{2576, 4784}},
	{"anthropic", []string{"claude-3-haiku", "claude-3-sonnet", "claude-3-opus", "claude-3-5-haiku", "claude-3-5-sonnet", "claude-3-7-sonnet",
		"claude-opus-4", "claude-4-opus", "claude-opus-4-0", "claude-opus-4-1", "claude-opus-4-5", "claude-opus-4-6",
		"claude-sonnet-4", "claude-4-sonnet", "claude-sonnet-4-0", "claude-sonnet-4-5", "claude-sonnet-4-6", "claude-haiku-4-5"},
		false, byVisual, visual{1568, 1568}},
	{"google", []string{"gemini-1.5-pro", "gemini-1.5-flash", "gemini-1.5-flash-8b", "gemini-2.0-flash", "gemini-2.0-flash-lite",
		"gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"}, false, byCrops, crops{}},
	{"google", []string{"gemini-3-pro", "gemini-3-flash", "gemini-3.1-pro", "gemini-3.1-flash", "gemini-3.1-flash-lite", "gemini-3.5-flash",
		"gemini-3.5-flash-lite", "gemini-3.6-flash", "gemini-3.7-flash", "gemini-3.8-flash"}, false, byLevel, levels{}},
}

// imageRuleOf finds the rule of a model by its whole name. A name that merely starts like another's has no rule:
// gpt-5.4 is not gpt-5, nor is gpt-4o-mini gpt-4o.
func imageRuleOf(model string) (imageRule, bool) {
	name := plainModel(model)
	for _, r := range imageRules {
		if slices.Contains(r.models, name) {
			return r, true
		}
	}
	return imageRule{}, false
}

var (
	hostPrefix = regexp.MustCompile(`^.*/|^(?:[a-z-]+\.)?(?:anthropic|openai|google)\.|^ft:`)
	nameSuffix = regexp.MustCompile(`(?:-v[0-9]+(?::[0-9]+)?|-[0-9]+:[0-9]+|:.*|\[1m\]` + // of hosts
		`|[-@][0-9]{8}|-[0-9]{4}-[0-9]{2}-[0-9]{2}|-[0-9]{4}|-00[0-9]` + // dates and versions
		`|[-@](?:latest|default)|-preview(?:-[0-9]{2}-[0-9]{2,4})?)$`)
	claudeOrder = regexp.MustCompile(`^claude-([0-9][0-9.-]*)-(opus|sonnet|haiku)$`)
)

// plainModel is a model's name without provider, fine-tuning mark, date and the like; Claude's with dashes for dots.
func plainModel(model string) string {
	name := strings.ToLower(strings.TrimSpace(model))
	for _, off := range []*regexp.Regexp{hostPrefix, nameSuffix} {
		for last := ""; last != name; {
			last, name = name, off.ReplaceAllString(name, "")
		}
	}
	if !strings.HasPrefix(name, "claude-") {
		return name
	}
	name = strings.ReplaceAll(name, ".", "-")
	if m := claudeOrder.FindStringSubmatch(name); m != nil && !strings.HasPrefix(m[1], "3") {
		name = "claude-" + m[2] + "-" + m[1] // from Claude 4 on the version stands last
	}
	return name
}

// vendorOf is whose rules a family's pictures are counted by; "" where none of the three vendors made it.
func vendorOf(family string) string {
	switch {
	case strings.HasPrefix(family, "o200k_"), strings.HasPrefix(family, "cl100k_"), strings.HasPrefix(family, "p50k_"):
		return "openai"
	case strings.HasPrefix(family, "claude"):
		return "anthropic"
	case family == "gemini" || family == "gemma":
		return "google"
	}
	return ""
}
