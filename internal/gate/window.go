package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tokengate/tokengate/internal/budget"
	"github.com/tokengate/tokengate/internal/config"
	"github.com/tokengate/tokengate/internal/forecast"
	"github.com/tokengate/tokengate/internal/money"
	"github.com/tokengate/tokengate/internal/replay"
	"github.com/tokengate/tokengate/internal/report"
	"github.com/tokengate/tokengate/internal/source"
)

// window is the days of the recording that a forecast rests on, and the days of the period that it is for. They are the
// same for every scope, so that a track that was silent on one of them counts a zero. Days count from 1970-01-01 UTC.
type window struct {
	days    []int64       // whole days, oldest first, without those that are missing
	place   map[int64]int // of a day among them
	dropped []time.Time   // partial days at the ends
	holes   []int64       // taken to be missing
	unsure  []int64       // silent, counted as zeros
	listed  []int64       // missing as the configuration says

	period config.Period
	first  int64   // of the period
	length int     // of the period, in days
	known  []int64 // days of a calendar period that are past and recorded
	open   []int64 // the others: forecast
	past   int     // of open, days before the day of the run
	today  int64   // the day of the run
}

const secondsPerDay = 86400

func dayTime(day int64) time.Time { return time.Unix(day*secondsPerDay, 0).UTC() }

func dayText(day int64) string { return dayTime(day).Format(time.DateOnly) }

func dayOf(t time.Time) int64 { return t.Unix() / secondsPerDay }

// newWindow finds the whole days of the project and those of the period that holds now. The day of the clock is not over,
// however much of it is recorded; without a clock (zero) only the record tells.
func newWindow(project *replay.Totals, cfg *config.Config, now, clock time.Time) window {
	w := window{place: map[int64]int{}, period: cfg.PeriodOr()}
	if project != nil {
		w.recorded(project, cfg, clock)
	}
	for i, day := range w.days {
		w.place[day] = i
	}
	w.today = dayOf(now)
	first, length := w.period.Window(now)
	w.first, w.length = dayOf(first), length
	for day := w.first; day < w.first+int64(length); day++ {
		_, whole := w.place[day]
		switch past := day < dayOf(now); {
		case past && whole:
			w.known = append(w.known, day)
		case past:
			w.past++
			fallthrough
		default:
			w.open = append(w.open, day)
		}
	}
	return w
}

// recorded lists the whole days, and leaves out those on which the recording seems to have had a hole.
func (w *window) recorded(project *replay.Totals, cfg *config.Config, clock time.Time) {
	var days []forecast.DayTotal
	for n, d := range project.Days {
		if !clock.IsZero() && n >= dayOf(clock) {
			continue
		}
		days = append(days, forecast.DayTotal{Day: dayTime(n), Value: d.Tokens, First: d.First, Last: d.Last})
	}
	values, dropped := forecast.Days(days)
	w.dropped = slices.Clone(dropped)
	if len(days) < len(project.Days) {
		w.dropped = append(w.dropped, dayTime(dayOf(clock)))
	}
	if len(days) == 0 {
		return
	}
	first := dayOf(slices.MinFunc(days, func(a, b forecast.DayTotal) int { return a.Day.Compare(b.Day) }).Day)
	if len(dropped) > 0 && dayOf(dropped[0]) == first {
		first++
	}
	missing, silent := listed(cfg.MissingDays), listed(cfg.SilentDays)
	calls := make([]bool, len(values))
	for i := range calls {
		calls[i] = project.Days[first+int64(i)] != nil
	}
	for _, s := range forecast.Silences(dayTime(first), calls) {
		switch day := first + int64(s.At); {
		case silent[day] || missing[day]:
		case s.Missing:
			w.holes, missing[day] = append(w.holes, day), true
		default:
			w.unsure = append(w.unsure, day)
		}
	}
	for i := range values {
		day := first + int64(i)
		switch {
		case !missing[day]:
			w.days = append(w.days, day)
		case !slices.Contains(w.holes, day):
			w.listed = append(w.listed, day)
		}
	}
}

func listed(days []source.At[money.Date]) map[int64]bool {
	out := map[int64]bool{}
	for _, d := range days {
		out[dayOf(d.Value.Time)] = true
	}
	return out
}

// horizon is how many days are forecast; a quarter of 92 days of which none is known yet is forecast at its daily level.
func (w *window) horizon() int { return min(len(w.open), forecast.MaxHorizon) }

// stretch takes a forecast of horizon days to all open ones.
func (w *window) stretch() float64 { return float64(len(w.open)) / float64(max(w.horizon(), 1)) }

// gaps words the days on which nothing was recorded.
func (w *window) gaps(at source.Span) []budget.Finding {
	var out []budget.Finding
	add := func(sev source.Severity, st budget.Status, hint, format string, args ...any) {
		out = append(out, budget.Finding{Status: st, Diagnostic: source.Diagnostic{Rule: "recording-gap", Severity: sev, Span: at, Hint: hint, Summary: fmt.Sprintf(format, args...)}})
	}
	if n := len(w.holes); n > 0 {
		add(source.Warning, budget.Warn, "if nothing was called there, list them under silent_days: in tokengate.yaml; if it was not recorded, under missing_days:",
			"nothing was recorded on %s, between busy days: taken as missing, and left out of the history so that the forecast does not sink", dayList(w.holes))
	}
	if n := len(w.unsure); n > 0 {
		add(source.Info, budget.Pass, "if calls were made there and not recorded, list them under missing_days: in tokengate.yaml",
			"nothing was recorded on %s: counted as days without calls, which lowers the forecast if it is a hole in the recording", dayList(w.unsure))
	}
	return append(out, w.stale(at)...)
}

// staleDays is how old the last recorded day may be before it is worth a warning: as long as a history should be at least.
const staleDays = 14

// stale says when the recording ends long before the day of the run, or goes on after it: a forecast is of the days that
// follow the recording.
func (w *window) stale(at source.Span) []budget.Finding {
	if len(w.days) == 0 {
		return nil
	}
	f := budget.Finding{Status: budget.Warn, Diagnostic: source.Diagnostic{Rule: "recording-stale", Severity: source.Warning, Span: at}}
	switch last := w.days[len(w.days)-1]; {
	case w.today-last > staleDays:
		f.Summary = fmt.Sprintf("the recording ends on %s, %d days before the day of the run: the forecast takes its level to have lasted", dayText(last), w.today-last)
		f.Hint = "record newer traffic, or give the day of the recording with --as-of"
	case last > w.today:
		f.Summary = fmt.Sprintf("the recording goes on until %s, after the day of the run (%s): days to come are forecast from days that came later", dayText(last), dayText(w.today))
		f.Hint = "give a day after the recording with --as-of, or leave it out"
	default:
		return nil
	}
	return []budget.Finding{f}
}

// recorded is the place where the configuration names its first recording.
func (s *side) recorded() source.Span {
	if len(s.policy.Recordings) == 0 {
		return source.Span{}
	}
	return s.policy.Recordings[0].Path.Span
}

// reported is the period as the report has it.
func (w *window) reported() report.Period {
	p := report.Period{Name: w.period.Word(), Days: w.length}
	if w.period.Calendar {
		p.Calendar, p.From, p.Until, p.Recorded = true, dayText(w.first), dayText(w.first+int64(w.length)-1), len(w.known)
	}
	return p
}

// dayList names days, runs of them by their ends: "2026-11-03, 2026-11-09 to 2026-11-12 (5 days)".
func dayList(days []int64) string {
	var parts []string
	for from := 0; from < len(days); {
		to := from
		for to+1 < len(days) && days[to+1] == days[to]+1 {
			to++
		}
		text := dayText(days[from])
		if to > from {
			text += " to " + dayText(days[to])
		}
		parts, from = append(parts, text), to+1
	}
	if len(parts) > 6 {
		parts = append(parts[:5], fmt.Sprintf("%d more, the last %s", len(parts)-5, dayText(days[len(days)-1])))
	}
	text := strings.Join(parts, ", ")
	if len(days) > 1 {
		text += fmt.Sprintf(" (%d days)", len(days))
	}
	return text
}

// partial says which days were left out of the history, and how a calendar period is made up.
func (m *measurements) partial() []string {
	w := &m.window
	var out []string
	for _, d := range w.dropped {
		out = append(out, d.Format(time.DateOnly)+" is a partial day and is left out of the forecast")
	}
	if len(w.listed) > 0 {
		out = append(out, dayList(w.listed)+": not recorded, as missing_days says, and left out of the forecast")
	}
	if w.period.Calendar && len(w.days) > 0 {
		text := fmt.Sprintf("of this %s, %s and %s tokens were spent on the %d days recorded, whatever the change does; %d days are forecast", w.period.Word(),
			budget.DollarsOf(m.spent[0]).Text, budget.TokensOf(m.spent[1]).Text, len(w.known), len(w.open))
		if w.past > 0 {
			text += fmt.Sprintf(", %d of them past but not recorded whole", w.past)
		}
		out = append(out, text)
	}
	return out
}
