package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// engine measures Tessera's POSIX log as a library: so many calls of Add are under way, each
// followed by the next one when its index is durable.  Prints entries and seconds.
//
// It has no deduplication here, and its batches are as large as it is asked for.
func engine(folder, keyFile, inFlight, batch, bytes, forSeconds string) {
	count := must(strconv.Atoi(inFlight))
	size := must(strconv.Atoi(bytes))
	length := must(strconv.ParseFloat(forSeconds, 64))
	ctx := context.Background()
	key := strings.TrimSpace(string(must(os.ReadFile(keyFile))))
	driver := must(posix.New(ctx, posix.Config{Path: folder}))
	appender, shutdown, _, err := tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(must(note.NewSigner(key))).
		WithCheckpointInterval(time.Second).
		WithPushback(uint(2*count)).
		WithBatching(uint(must(strconv.Atoi(batch))), tessera.DefaultBatchMaxAge))
	if err != nil {
		fail("%v", err)
	}

	var number, added atomic.Uint64
	var crowd sync.WaitGroup
	begin := time.Now()
	end := begin.Add(time.Duration(length * float64(time.Second)))
	for range count {
		crowd.Go(func() {
			for time.Now().Before(end) {
				entry := make([]byte, size)
				binary.LittleEndian.PutUint64(entry, number.Add(1))
				if _, err := appender.Add(ctx, tessera.NewEntry(entry))(); err != nil {
					fail("add: %v", err)
				}
				added.Add(1)
			}
		})
	}
	crowd.Wait()
	fmt.Printf("%d %.6f\n", added.Load(), time.Since(begin).Seconds())
	if err := shutdown(ctx); err != nil {
		fail("shutdown: %v", err)
	}
}
