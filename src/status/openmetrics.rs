//! The overview as metrics, in the text format of OpenMetrics 1.0, which Prometheus reads.

use super::overview::{Handler, Interpreter, Overview};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt::{Error, Result};

pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;

/// A metric of interpreters: its name, what it means, and where it comes from.
type Column<T> = (&'static str, &'static str, fn(&Interpreter) -> T);

/// The whole of what a scraper gets.
pub fn of(overview: Overview) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Metrics(overview)));
    let mut text = String::new();
    // A string takes everything.
    let written = encode_registry(&mut text, &registry);
    debug_assert!(written.is_ok());
    text.push_str("# EOF\n");
    text
}

#[derive(Debug)]
struct Metrics(Overview);

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result {
        let all = &self.0;
        let versions =
            vec![("version", all.mod_python.clone()), ("python_version", all.python.version.clone())];
        let info = MetricType::Info;
        encoder.encode_descriptor("mod_python", "What serves", None, info)?.encode_info(&versions)?;
        gauge(&mut encoder, "mod_python_children", "Child processes", None, all.total.children)?;
        self.children(&mut encoder)?;
        self.interpreters(&mut encoder)?;
        self.handlers(&mut encoder)
    }
}

impl Metrics {
    fn children(&self, encoder: &mut DescriptorEncoder<'_>) -> Result {
        let rows =
            || self.0.children.iter().map(|child| (vec![("process", child.process.to_string())], child));
        let name = "mod_python_child_resident";
        let mut memory = encoder.encode_descriptor(
            name,
            "Memory of a child process, with what it shares with others",
            Some(&Unit::Bytes),
            MetricType::Gauge,
        )?;
        for (labels, child) in rows() {
            memory.encode_family(&labels)?.encode_gauge(&number(child.resident_bytes)?)?;
        }
        Ok(())
    }

    fn interpreters(&self, encoder: &mut DescriptorEncoder<'_>) -> Result {
        let rows: Vec<_> = self.0.interpreters.iter().map(|row| (labels(row), row)).collect();
        let gauges: [Column<u32>; 2] = [
            ("mod_python_interpreters", "Interpreters that there are", |row| row.living),
            ("mod_python_busy_threads", "Threads in an interpreter, or waiting for its lock", |row| row.busy),
        ];
        for (name, help, value) in gauges {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (labels, row) in &rows {
                family.encode_family(labels)?.encode_gauge(&i64::from(value(row)))?;
            }
        }
        let mut memory = encoder.encode_descriptor(
            "mod_python_interpreter_memory",
            "What Python's allocators hold for an interpreter",
            Some(&Unit::Bytes),
            MetricType::Gauge,
        )?;
        for (labels, row) in &rows {
            if let Some(bytes) = row.memory_bytes {
                memory.encode_family(labels)?.encode_gauge(&number(bytes)?)?;
            }
        }
        let counters: [Column<u64>; 4] = [
            ("mod_python_interpreters_made", "Interpreters that were made", |row| row.made),
            ("mod_python_requests", "Requests begun", |row| row.requests),
            ("mod_python_errors", "Failures of handlers", |row| row.errors),
            ("mod_python_entries", "How often a thread has taken the lock", |row| row.entries),
        ];
        for (name, help, value) in counters {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (labels, row) in &rows {
                counter(family.encode_family(labels)?, value(row))?;
            }
        }
        let mut waits = encoder.encode_descriptor(
            "mod_python_gil_wait",
            "How long threads have waited for the lock",
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?;
        for (labels, row) in &rows {
            waits.encode_family(labels)?.encode_counter::<Labels, f64, u64>(&row.gil_wait_seconds, None)?;
        }
        Ok(())
    }

    fn handlers(&self, encoder: &mut DescriptorEncoder<'_>) -> Result {
        let rows: Vec<_> = self.0.handlers.iter().map(|row| (of_handler(row), row)).collect();
        let mut errors =
            encoder.encode_descriptor("mod_python_handler_errors", "Failures", None, MetricType::Counter)?;
        for (labels, row) in &rows {
            counter(errors.encode_family(labels)?, row.errors)?;
        }
        let mut calls = encoder.encode_descriptor(
            "mod_python_handler",
            "How long calls of handlers took",
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        for (labels, row) in &rows {
            let steps: Vec<_> = row
                .steps
                .iter()
                .map(|step| (step.at_most_seconds.unwrap_or(f64::INFINITY), step.calls))
                .collect();
            calls.encode_family(labels)?.encode_histogram::<Labels>(row.seconds, row.calls, &steps, None)?;
        }
        Ok(())
    }
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    unit: Option<&Unit>,
    value: usize,
) -> Result {
    encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?.encode_gauge(&number(value)?)
}

fn counter(mut encoder: MetricEncoder<'_>, value: u64) -> Result {
    encoder.encode_counter::<Labels, u64, u64>(&value, None)
}

fn number<N: TryInto<i64>>(value: N) -> std::result::Result<i64, Error> {
    value.try_into().map_err(|_| Error)
}

fn labels(row: &Interpreter) -> Labels {
    vec![
        ("interpreter", row.name.clone()),
        ("member", row.member.to_string()),
        ("kind", row.kind.name().to_owned()),
    ]
}

fn of_handler(row: &Handler) -> Labels {
    vec![("phase", row.phase.clone()), ("handler", row.handler.clone())]
}
