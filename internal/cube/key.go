package cube

import (
	"cmp"
	"time"
)

// Key is one cell's place in a cube. Model, Tier and Band decide its price, so money is tokens × rate, once a cell.
type Key struct {
	Day      int64 // days since 1970-01-01, UTC
	Track    string
	Feature  string
	Template string // cleaned path
	Version  string // as recorded
	Model    string // as recorded, or a catalogue id where a catalogue was at hand
	Tier     string // never "": that is "standard"
	Band     int    // class of prompt length (see Band), or a model's price band where a catalogue was at hand
	Sampling float64
}

// Compare orders keys field by field, in the order of the fields.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Day, o.Day), cmp.Compare(k.Track, o.Track), cmp.Compare(k.Feature, o.Feature),
		cmp.Compare(k.Template, o.Template), cmp.Compare(k.Version, o.Version), cmp.Compare(k.Model, o.Model),
		cmp.Compare(k.Tier, o.Tier), cmp.Compare(k.Band, o.Band), cmp.Compare(k.Sampling, o.Sampling))
}

// names are the texts of a key, in order of the fields.
func (k *Key) names() [6]*string {
	return [6]*string{&k.Track, &k.Feature, &k.Template, &k.Version, &k.Model, &k.Tier}
}

// Dim is a way to group calls.
type Dim string

// The dimensions.
const (
	ByProject  Dim = "project" // all in one
	ByTrack    Dim = "track"
	ByFeature  Dim = "feature"
	ByModel    Dim = "model"
	ByTemplate Dim = "template"
	ByDay      Dim = "day"
)

// Name is what a key is called along a dimension: a day as 2026-05-01, the project as "".
func (k Key) Name(d Dim) string {
	switch d {
	case ByTrack:
		return k.Track
	case ByFeature:
		return k.Feature
	case ByModel:
		return k.Model
	case ByTemplate:
		return k.Template
	case ByDay:
		return time.Unix(k.Day*secondsPerDay, 0).UTC().Format(time.DateOnly)
	case ByProject:
	}
	return ""
}

const secondsPerDay = 24 * 60 * 60

// lastDay is 9999-12-31: no call is later.
const lastDay = 2_932_896

// DayOf is the day of a Unix time in seconds, also before 1970.
func DayOf(at int64) int64 {
	q := at / secondsPerDay
	if at%secondsPerDay < 0 {
		q--
	}
	return q
}
