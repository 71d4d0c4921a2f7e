// Package comment keeps one sticky comment on a change, whatever place the change is reviewed in. It decides which comment
// is ours, whether to edit, to add, to hide or to leave it, and it never posts twice. It does not know how a body was made,
// nor how a forge is spoken to: that is a Thread.
package comment

import (
	"context"
	"time"
)

// Comment is one comment on a change.
type Comment struct {
	ID      string // the forge's own, opaque
	Body    string // as stored, Markdown
	URL     string // for people; "" where the forge gives none
	Mine    bool   // written by the account that the token belongs to
	Hidden  bool   // folded away as outdated
	Created time.Time
}

// Thread is the conversation on one change. Every method returns when the forge has answered, after the retries that are
// safe: all but Create may be repeated.
type Thread interface {
	// Comments gives every comment of the change, oldest first, over all pages.
	Comments(ctx context.Context) ([]Comment, error)
	// Create posts once. An error may mean that the comment was made all the same: look before repeating it.
	Create(ctx context.Context, body string) (Comment, error)
	Edit(ctx context.Context, id, body string) (Comment, error)
	Delete(ctx context.Context, id string) error
	// Hide folds a comment away as outdated; a forge that cannot returns errors.ErrUnsupported.
	Hide(ctx context.Context, id string) error
	// Limit is the longest body the forge takes, in code points.
	Limit() int
}
