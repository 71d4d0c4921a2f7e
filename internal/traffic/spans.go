package traffic

import (
	"time"

	"github.com/tokengate/tokengate/internal/token"
)

// spanLink says under which span another stands.
type spanLink struct {
	key    spanKey
	parent spanID
}

// span is a span or a log event that may be a call. Of two that tell of one response, the lower rank counts. All of a
// recording are held until its last file is read: it is small, and what repeats is held once.
type span struct {
	key     spanKey // of an event: the span it was written in
	id      string
	start   int64 // nanoseconds since 1970; 0 is unknown
	took    int64
	first   int64 // until the first token
	usage   token.Usage
	prompt  *token.Content
	labels  *spanLabels
	more    *spanMore
	file    *file
	line    int32
	carries bool // has usage above 0 that can be taken
	event   bool
	placed  bool // of an event: its span is one of an agent, below which no span tells usage
	rank    spanRank
	fate    fate
	lack    lack // why there is no prompt, if it was asked for
}

// spanLabels is what many spans share.
type spanLabels struct {
	model, session, user, track, feature, template, version, tier, status, service string
}

// hold takes what a span needs of a call.
func (s *span) hold(c Call, service string) {
	s.id, s.took, s.first, s.usage = c.ID, int64(c.Latency), int64(c.FirstToken), c.Usage
	if !c.Time.IsZero() {
		s.start = c.Time.UnixNano()
	}
	l := spanLabels{c.Model, c.Session, c.User, c.Track, c.Feature, c.Template, c.TemplateVersion, c.Tier, c.Status, service}
	if s.labels = s.file.labels[l]; s.labels == nil {
		s.labels = &l
		if s.file.labels == nil {
			s.file.labels = map[spanLabels]*spanLabels{}
		}
		s.file.labels[l] = s.labels
	}
}

// call gives the call again.
func (s *span) call() Call {
	l := s.labels
	return Call{Time: nanoTime(number{n: s.start}), ID: s.id, Model: l.model, Session: l.session, User: l.user, Track: l.track, Feature: l.feature,
		Template: l.template, TemplateVersion: l.version, Tier: l.tier, Status: l.status, Usage: s.usage,
		Latency: time.Duration(s.took), FirstToken: time.Duration(s.first), Prompt: s.prompt}
}

// spanMore is what few spans have.
type spanMore struct {
	err   error // why its usage cannot be taken, which matters only if it counts
	text  error // what is wrong with the text, which matters only if it counts
	facts []Fact
	at    time.Time // Langfuse: when this version of it was written
}

type spanRank byte

const (
	modelSpan spanRank = iota
	event
	aggregateSpan // of an agent or a workflow: it may sum several requests
)

// fate is what becomes of a candidate.
type fate byte

const (
	counts   fate = iota
	nested        // a span below says the same
	repeated      // another span or event of the same response counts
	unpaired      // an event that no id sets against the spans of its service
)

func (s *span) extra() *spanMore {
	if s.more == nil {
		s.more = &spanMore{}
	}
	return s.more
}

// blame keeps the first thing wrong.
func (s *span) blame(err error) {
	if err != nil && (s.more == nil || s.more.err == nil) {
		s.extra().err = err
	}
}

func (s *span) say(p prompt) {
	s.prompt, s.lack = p.content, p.lack
	if p.err != nil {
		s.extra().text = p.err
	}
}

// failed tells a call that was refused or broke off.
func (s *span) failed() bool { return s.labels.status == "error" }

const (
	skipRepeat   = "a span or event that tells of a call which another tells of"
	skipUnpaired = "an event that may repeat a span of its service"
)

// record makes a record of a candidate by its fate.
func (s *span) record() {
	f := s.file
	line := int(s.line)
	switch s.fate {
	case nested:
		f.skip(skipNested)
		return
	case repeated:
		f.skip(skipRepeat)
		return
	case unpaired:
		f.skip(skipUnpaired)
		f.odd.unpaired++
		return
	case counts:
	}
	more := s.more
	if more == nil {
		more = &spanMore{}
	}
	switch {
	case more.err != nil:
		f.reject(line, more.err)
		return
	case !s.carries && !s.failed():
		f.reject(line, bad(noUsage, "a model call without token counts"))
		return
	}
	if s.rank == aggregateSpan && s.carries {
		f.odd.lone++
	}
	r := record{call: s.call(), facts: more.facts, updated: more.at}
	if f.text {
		f.attach(&r, prompt{s.prompt, s.lack, more.text}, line)
	}
	if r.call.ID == "" && s.key.known() && !s.event {
		r.call.ID = s.key.String()
	}
	f.accept(r, line)
}
