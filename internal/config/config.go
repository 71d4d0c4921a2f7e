// Package config turns tokengate.yaml, and the budget blocks beside it, into validated domain values that keep the
// place they were written. It reads no environment, no flags and no git; nothing below imports it.
//
//	cfg, diags := config.Load(fsys, config.Name)
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/prompt"
	"github.com/tokengate/tokengate/internal/source"
)

// Name is the file a project's configuration stands in.
const Name = "tokengate.yaml"

// Config is tokengate.yaml.
type Config struct {
	Version     source.At[int64]        `yaml:"version" jsonschema_description:"Version of this file's format; 1."`
	Project     Project                 `yaml:"project" jsonschema_description:"Project charter: whose budget this is."`
	Currency    source.At[string]       `yaml:"currency" jsonschema_description:"Currency of all amounts; only USD, as prices are."`
	Period      source.At[Period]       `yaml:"period" jsonschema_description:"What a ceiling is per: day, week, month (30 days) or quarter (91 days) from now on, or the calendar_week, calendar_month or calendar_quarter that today lies in, recorded to date plus forecast. Default month."`
	Ceiling     prompt.Ceiling          `yaml:"ceiling" jsonschema_description:"Ceiling of the whole project per period: one amount, one token count, or both."`
	Growth      prompt.Growth           `yaml:"growth" jsonschema_description:"How much one change may raise the project's spend."`
	PerCall     prompt.Unit             `yaml:"per_call" jsonschema_description:"Ceilings on the P95 of any call."`
	PerSession  prompt.Unit             `yaml:"per_session" jsonschema_description:"Ceilings on the P95 of any session."`
	Tracks      source.Map[Envelope]    `yaml:"tracks" jsonschema_description:"Budget envelopes by pipeline stage."`
	Features    source.Map[Envelope]    `yaml:"features" jsonschema_description:"Budget envelopes by feature, across tracks."`
	Templates   []source.At[string]     `yaml:"templates" jsonschema_description:"Templates by path or glob, relative to this file."`
	Loader      Loader                  `yaml:"loader" jsonschema_description:"How the tool that sends the templates loads a project's files: which tool, which version, from which folder."`
	Fixtures    []source.At[string]     `yaml:"fixtures" jsonschema_description:"Fixtures by path or glob, relative to this file."`
	Recordings  []Recording             `yaml:"recordings" jsonschema_description:"Recorded traffic to replay."`
	MissingDays []source.At[money.Date] `yaml:"missing_days" jsonschema_description:"Days on which calls were made and not recorded: they are left out of the history."`
	SilentDays  []source.At[money.Date] `yaml:"silent_days" jsonschema_description:"Days on which nothing was called: they count as zeros, not as holes in the recording."`
	Volume      []source.At[VolumePlan] `yaml:"volume" jsonschema_description:"What is known of the volume to come and no recording can tell: launches, campaigns, a change of mix."`
	Map         []source.At[MapRule]    `yaml:"map" jsonschema_description:"How calls get a track, feature, user, session or template where their dialect has none: rules in order, the first that sets a field holds."`
	Prices      Prices                  `yaml:"prices" jsonschema_description:"Price overrides and the age at which a price is worth a warning."`
	Calibration source.At[string]       `yaml:"calibration" jsonschema_description:"Factors for tokenizers that are not public, fitted on own traffic: the file that tokengate calibrate writes, relative to this file."`
	BadLines    source.At[money.Ratio]  `yaml:"bad_lines" jsonschema_description:"Share of unreadable lines above which the verdict is inconclusive. Default 1%."`
	Defaults    Baseline                `yaml:"defaults" jsonschema_description:"Guardrails of all calls of the project where nothing closer sets them."`
	Emergency   []source.At[Incident]   `yaml:"emergency" jsonschema_description:"Envelopes for incidents: until their day they hold in the place of what is set for the same track, feature or project."`
	Lint        Lint                    `yaml:"lint" jsonschema_description:"How severe each rule of tokengate lint is, and which of its findings are known and accepted."`
	Stages      Stages                  `yaml:"stages" jsonschema_description:"Quantile of the forecast that each stage holds ceilings against."`

	Guardrails `yaml:",inline"`

	Variants []source.At[Variant] `yaml:"variants" jsonschema_description:"Variants of the project that what-if and check price beside the project as it is."`

	Path    string `yaml:"-"` // where it was read; "" without a file
	Content []byte `yaml:"-"`
}

// Project is the charter.
type Project struct {
	Name     source.At[string] `yaml:"name"`
	Owner    source.At[string] `yaml:"owner"`
	Purpose  source.At[string] `yaml:"purpose"`
	Approver source.At[string] `yaml:"approver" jsonschema_description:"Who must approve a raised ceiling."`
	Review   prompt.Review     `yaml:"review"`
}

// Envelope is the budget of a track or feature.
type Envelope struct {
	RiskTolerance source.At[Tolerance] `yaml:"risk_tolerance" jsonschema_description:"low holds ceilings at P90 in every stage, medium at the stage's quantile, high at P50."`
	prompt.Limits `yaml:",inline"`
	prompt.Terms  `yaml:",inline"`
	Guard         Guard `yaml:"guard" jsonschema_description:"Limits at run time; not a ceiling, which is held against a forecast."`
}

// Recording is a set of recorded calls.
type Recording struct {
	Path     source.At[string]      `yaml:"path" jsonschema_description:"File or glob, relative to this file."`
	Dialect  source.At[string]      `yaml:"dialect" jsonschema_description:"Format of the file; detected from its content unless given."`
	Sampling source.At[money.Ratio] `yaml:"sampling" jsonschema_description:"Share of all traffic that was recorded. Default 100%."`
	Defaults Defaults               `yaml:"defaults" jsonschema_description:"What a call gets where the recording does not say."`
	Example  source.At[bool]        `yaml:"example" jsonschema_description:"The calls were made up, as those that init --stack writes are: every report says so."`
}

// Defaults fill what a recording lacks.
type Defaults struct {
	Track    source.At[string]     `yaml:"track"`
	Feature  source.At[string]     `yaml:"feature"`
	Model    source.At[string]     `yaml:"model"`
	Template source.At[string]     `yaml:"template"`
	Day      source.At[money.Date] `yaml:"day" jsonschema_description:"When the calls were made, where the recording has no times, as the results of a batch have none."`
}

// Prices says where prices come from beside the built-in catalogue.
type Prices struct {
	MaxAge source.At[money.Duration] `yaml:"max_age" jsonschema_description:"Age at which a price is worth a warning. Default 180d."`
	Files  []source.At[string]       `yaml:"files" jsonschema_description:"Price files: tokengate's own format, or LiteLLM's JSON as it is."`
}

// Stages maps a stage to the quantile that ceilings are held against.
type Stages struct {
	PullRequest source.At[Quantile] `yaml:"pull_request"`
	PreRelease  source.At[Quantile] `yaml:"pre_release"`
	Release     source.At[Quantile] `yaml:"release"`
}

// Rules documents the rule ids of this package.
var Rules = []source.Rule{
	{ID: "config-version", Summary: "the configuration's version is not known", Explain: "version: 1 is the only format. A newer one may mean keys this program would misread, so the run stops."},
	{ID: "config-missing", Summary: "the configuration that was named cannot be read", Explain: "A configuration named with --config must exist. Without the flag, a missing tokengate.yaml is allowed: the run then counts, prices and says what to declare."},
	{ID: "config-value", Summary: "a value has the right form but makes no sense here", Explain: "For example a sampling share of 0 %, an empty path, or a currency without prices."},
	{ID: "budget-loosens-parent", Summary: "a budget is looser than what it is part of", Explain: "The budget closest to a text or call holds, so one that is looser than its parent (the section around it, its file, the file that imports it, the CLAUDE.md of a directory above, its track, the project's defaults) undoes what the parent caps. Ceilings hold each on its own, so one that is higher than that of what it is part of never decides anything. Tighten it, or loosen the parent. An emergency envelope is looser on purpose."},
	{ID: "guardrail-empty", Summary: "what happens at a limit is declared, and no limit is", Explain: "warn_at, fallback, hand_over_at and on_limit say what happens as a quota is used up. Without a quota beside them nothing is ever held, which is seldom meant."},
	{ID: "guardrail-fallback", Summary: "a guardrail degrades calls, and no fallback model is declared", Explain: "A degraded call is made on the fallback model of the guardrail, else of the call's template, track or feature. Where none is declared the call would go on as it is, and the limit would hold nothing."},
	{ID: "guardrail-order", Summary: "a step of a guardrail is hidden by a stricter one", Explain: "Of the steps that a call has reached, the strictest holds. A fallback that begins no earlier than the hand-over is never used."},
	{ID: "fallback-dear", Summary: "a fallback model costs no less than the model it stands in for", Explain: "Calls are degraded to save money. A fallback whose input and output both cost as much as those of the declared model, or more, saves nothing by its prices."},
	{ID: "variant-setting", Summary: "a variant's setting is not known, or its value cannot be read", Explain: "A variant replaces model, fallback.model, max_output_tokens, max_input_tokens, max_retrieved_tokens, top_k or chunk_tokens (for all tracks, track.NAME.KEY or template.PATH.KEY), volume, prices, cache, tier and the text of templates. What cannot be read is never left out: the figures would be another variant's."},
	{ID: "variant-target", Summary: "a variant names a track or template that is not there", Explain: "A setting for a track nobody declares would move no call, and the variant would look as if it changed nothing."},
	{ID: "variant-retrieval", Summary: "a variant changes retrieval that is not declared", Explain: "How many tokens of a prompt were retrieved is not recorded. It is taken to be top_k × chunk_tokens as declared, so both have to be declared as they are before another number of chunks, or of tokens in one, can be replayed."},
	{ID: "map-track", Summary: "a map rule gives calls a track that is nearly a declared one", Explain: "A ceiling is held against the calls of the track it names. A rule under map: that misspells the name would take its calls out of every ceiling, so the nearest declared name is told."},
	{ID: "volume-plan", Summary: "an entry under volume cannot be followed", Explain: "An entry names at most one scope (track, feature or model; none is the project), exactly one of change, calls and share, the day from which it holds, and its reason. Entries that overlap multiply. A change that began inside the recording, or before it, is in the recorded days already: only what they lack of it is added, and it is taken off where the entry has ended. Two entries that each set an absolute level for calls that they may share contradict each other, and both places are named."},
	{ID: "lint-ignore", Summary: "an entry under lint.ignore cannot be used", Explain: "An entry names the rule, the reason and, unless it means every file, a path or glob. Without a reason it would hide a finding that nobody can judge later, so it suppresses nothing and the run stops."},
	{ID: "recording-example", Summary: "the forecast rests on example traffic", Explain: "init --stack writes calls that were made up, so that a forecast is possible on the first day; the entry under recordings says example: true. Every number of the report is then an illustration. Record calls of your own, list that file in the place of the example, and delete it."},
	{ID: "path-outside", Summary: "a path leads out of the repository", Explain: "Templates, fixtures, price files and recordings of a configuration are read from inside the repository only: a pull request must not make the gate read other files of the machine."},
	{ID: "path-missing", Summary: "a path or glob matches no file", Explain: "A file that is named but not there is a mistake, not an empty set: a renamed template would otherwise leave the gate unseen."},
}

// Load reads the configuration. Without the file, found is false and the Config is the default one.
func Load(fsys fs.FS, name string) (cfg *Config, found bool, diags source.Diagnostics) {
	cfg = &Config{}
	content, err := fs.ReadFile(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cfg, false, nil
	case err != nil:
		diags.Add("config-missing", source.Span{File: name}, "make it a regular file inside the repository", "cannot read %s: %v", name, err)
		return cfg, true, diags
	}
	cfg.Path, cfg.Content = name, content
	diags = source.DecodeYAML(name, content, cfg)
	cfg.validate(&diags)
	return cfg, true, diags
}

func (c *Config) validate(diags *source.Diagnostics) {
	if c.Version.Set && c.Version.Value != 1 {
		diags.Add("config-version", c.Version.Span, "write version: 1, or update tokengate", "version %d is not known", c.Version.Value)
	}
	if c.Currency.Set && !strings.EqualFold(c.Currency.Value, "USD") {
		diags.Add("config-value", c.Currency.Span, "write currency: USD", "currency %q has no prices; they are in US dollars", c.Currency.Value)
	}
	for _, list := range [][]source.At[string]{c.Templates, c.Fixtures, c.Prices.Files} {
		for _, p := range list {
			checkPath(p, diags)
		}
	}
	if c.Calibration.Set {
		checkPath(c.Calibration, diags)
	}
	for _, r := range c.Recordings {
		if !r.Path.Set {
			diags.Add("config-value", source.Span{File: c.Path}, "write path: traffic/*.jsonl.gz", "a recording has no path")
			continue
		}
		checkPath(r.Path, diags)
		if s := r.Sampling; s.Set && (s.Value <= 0 || s.Value > 1) {
			diags.Add("config-value", s.Span, "write the share of all traffic that was recorded, such as 10%", "sampling %s is not between 0%% and 100%%", s.Value)
		}
	}
	c.validateLoader(diags)
	c.checkBudgets(diags)
	c.validateDays(diags)
	c.validateVolume(diags)
	c.checkGuardrails(diags)
	c.Lint.check(diags)
	for _, v := range c.Variants {
		for _, f := range v.Value.files() {
			checkPath(f, diags)
		}
	}
	_, unusable := c.Mapping()
	*diags = append(*diags, unusable...)
	for _, e := range append(c.Tracks[:len(c.Tracks):len(c.Tracks)], c.Features...) {
		if at := e.Value.Fallback.At; at.Set && at.Value > 1 {
			diags.Add("config-value", at.Span, "write a share of the ceiling, such as 90%", "fallback at %s is more than the whole ceiling", at.Value)
		}
	}
}

// checkPath refuses what cannot be inside the repository, before anything is opened.
func checkPath(p source.At[string], diags *source.Diagnostics) {
	switch {
	case p.Value == "":
		diags.Add("config-value", p.Span, "write a path relative to this file", "an empty path")
	case path.IsAbs(p.Value) || strings.Contains(p.Value, `\`) || (len(p.Value) > 1 && p.Value[1] == ':'):
		diags.Add("path-outside", p.Span, "write a path relative to this file, with forward slashes", "%q is not a relative path", p.Value)
	case !fs.ValidPath(path.Clean(p.Value)):
		diags.Add("path-outside", p.Span, "move the file into the project", "%q leads out of the project", p.Value)
	case !doublestar.ValidatePattern(p.Value):
		diags.Add("config-value", p.Span, "close every [ and {", "%q is not a valid glob", p.Value)
	}
}

// PeriodOr gives the period, month by default.
func (c *Config) PeriodOr() Period {
	if c.Period.Set {
		return c.Period.Value
	}
	return Period{Name: "month", Days: 30}
}

// MaxBad is the allowed share of bad lines.
func (c *Config) MaxBad() float64 {
	if c.BadLines.Set {
		return float64(c.BadLines.Value)
	}
	return 0.01
}

// MaxPriceAge is the age at which a price is worth a warning.
func (c *Config) MaxPriceAge() time.Duration {
	if c.Prices.MaxAge.Set {
		return time.Duration(c.Prices.MaxAge.Value)
	}
	return 180 * 24 * time.Hour
}

// Stage names.
const (
	PullRequest = "pull_request"
	PreRelease  = "pre_release"
	Release     = "release"
)

// StageNames lists the stages in order of strictness.
var StageNames = []string{PullRequest, PreRelease, Release}

// Quantile gives the quantile a stage holds ceilings against, before a track's risk tolerance.
func (c *Config) Quantile(stage string) float64 {
	at, otherwise := c.Stages.PullRequest, 0.50
	switch stage {
	case PreRelease:
		at, otherwise = c.Stages.PreRelease, 0.75
	case Release:
		at, otherwise = c.Stages.Release, 0.90
	}
	if at.Set {
		return float64(at.Value)
	}
	return otherwise
}

// Tolerance is a track's risk tolerance.
type Tolerance string

// UnmarshalText reads low, medium or high.
func (t *Tolerance) UnmarshalText(b []byte) error {
	switch s := string(b); s {
	case "low", "medium", "high":
		*t = Tolerance(s)
		return nil
	}
	return fmt.Errorf("risk tolerance %q is not known; write low, medium or high", b)
}

// Quantile is a quantile written P50, P75, P90 or P95.
type Quantile float64

// UnmarshalText reads P50, P75, P90 or P95, in either case.
func (q *Quantile) UnmarshalText(b []byte) error {
	known := map[string]Quantile{"P50": 0.50, "P75": 0.75, "P90": 0.90, "P95": 0.95}
	v, ok := known[strings.ToUpper(string(b))]
	if !ok {
		return fmt.Errorf("quantile %q is not known; write P50, P75, P90 or P95", b)
	}
	*q = v
	return nil
}
