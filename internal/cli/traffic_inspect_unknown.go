package cli

import (
	"fmt"

	"github.com/tokengate/tokengate/internal/forecast"
)

// notKnown says what calls do not say, what that means for a gate, and what to do about it. unversioned calls name a
// template without its version; whole days are those that a forecast counts.
func (d *inspectDocument) notKnown(unversioned int64, whole int) []inspectNotKnown {
	t := d.Total
	out := []inspectNotKnown{}
	add := func(what string, calls int64, means, do string) {
		if calls > 0 {
			out = append(out, inspectNotKnown{What: what, Calls: calls, Share: shareOf(calls, t.Calls), Means: means, Do: do})
		}
	}
	const label = "map: in tokengate.yaml, defaults: of the recording, or --assume %s=NAME"
	add("track", unnamed(d.Tracks), "they are a track of their own, which no track's ceiling holds", fmt.Sprintf(label, "track"))
	add("feature", unnamed(d.Features), "no feature's ceiling holds them", fmt.Sprintf(label, "feature"))
	add("template", unnamed(d.Templates), "a change of a prompt file is not replayed on them", fmt.Sprintf(label, "template"))
	add("template_version", unversioned, "their template is taken as it is in the base revision", "record the git blob id of the template as template_version, or map it")
	add("user", d.Users.UnnamedCalls, "budgets per user do not see them", "record a user with each call, or map one")
	add("session", d.Sessions.UnnamedCalls, "ceilings per session do not see them, and each is taken as independent of the others", "record a session with each call, or map one")
	add("latency", t.Calls-t.Latency.count(), "they are in no ceiling and no forecast of latency", "record when a call ends, or its duration")
	add("first_token", t.Calls-t.FirstToken.count(), "the time to the first token is not known of them", "record it where calls are streamed")
	add("output", t.Bounds, "their output tokens are a lower bound, and so is what they cost", "take a recording that holds the final count of tokens")
	add("single_calls", t.Means, "their tokens are the mean of several calls: no ceiling per call or per session can be held on them", "record spans or log events beside metrics")
	var unpriced int64
	for _, u := range d.Unpriced {
		unpriced += u.Calls
	}
	add("price", unpriced, "they are in no cost, and a gate on cost is inconclusive", "map the model to a known one, or give its price in a file under prices.files")
	if t.Calls > 0 && whole < shortHistory {
		out = append(out, inspectNotKnown{What: "history", Calls: t.Calls, Share: 1, Means: historyMeans(whole), Do: fmt.Sprintf("record %d whole days or more", shortHistory)})
	}
	return out
}

// shortHistory is how many whole days the spread of volume was measured on (forecast's rule short-history).
const shortHistory = 7

func historyMeans(whole int) string {
	if whole < forecast.MinDays {
		return fmt.Sprintf("%s of traffic: too few for a forecast, which takes %d, so ceilings per period are inconclusive", number(int64(whole), "whole day"), forecast.MinDays)
	}
	return fmt.Sprintf("%s of traffic: a forecast rests on little and is wide", number(int64(whole), "whole day"))
}

func unnamed(groups []inspectGroup) int64 {
	for _, g := range groups {
		if g.Name == "" {
			return g.Calls
		}
	}
	return 0
}

func (l *inspectLatency) count() int64 {
	if l == nil {
		return 0
	}
	return l.Calls
}
