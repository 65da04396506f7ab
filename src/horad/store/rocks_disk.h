// SPDX-License-Identifier: Apache-2.0
// RocksDB on base::Disk, so that checkpoints, too, run on the simulated disk and meet its crashes. Small enough to be
// worth more than a second implementation of the checkpoint for tests.
#pragma once

#include <rocksdb/env.h>

#include <memory>

#include "horad/base/world.h"

namespace horad::store {

/// A RocksDB environment whose files are those of `disk`, which must outlive it; clock and threads are RocksDB's own.
/// Files are written in order, read at random; links, direct I/O and memory maps are not offered. Any thread.
std::unique_ptr<rocksdb::Env> make_rocks_env(base::Disk& disk);

}  // namespace horad::store
