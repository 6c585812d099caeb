//! What machines and networks do to a server: kills, frozen processes, lost and empty Redis, black holes, full and failing disks,
//! power cuts, clocks that jump, records from elsewhere. A crowd goes on all the while; afterwards everything that it did and saw
//! is held against what is there (`history`). Each has a short form, and a long one under `HANDRAIL_LONG`.

mod kill;
