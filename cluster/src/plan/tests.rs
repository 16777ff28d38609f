use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array, UInt64Array};
use futures::StreamExt;
use linkage::RecordsBuilder;
use linkage::comparer::{patterns, wire};

use super::*;
use crate::files::Shared;

const PAIRS: [(u32, u32); 3] = [(0, 1), (0, 2), (1, 2)];

fn batch(rows: &[(u64, u32, u32, u64)]) -> RecordBatch {
    let columns: [(&str, ArrayRef); 4] = [
        ("n", Arc::new(UInt64Array::from_iter_values(rows.iter().map(|r| r.0)))),
        ("a", Arc::new(UInt32Array::from_iter_values(rows.iter().map(|r| r.1)))),
        ("b", Arc::new(UInt32Array::from_iter_values(rows.iter().map(|r| r.2)))),
        ("pattern", Arc::new(UInt64Array::from_iter_values(rows.iter().map(|r| r.3)))),
    ];
    RecordBatch::try_from_iter(columns).expect("a batch")
}

#[test]
fn pairs_come_in_any_order_but_each_once_and_all() {
    let mut answer = Answer::new(&PAIRS);
    answer.take(&batch(&[(2, 1, 2, 9)])).expect("a pair");
    answer.take(&batch(&[(0, 0, 1, 7), (1, 0, 2, 8)])).expect("two pairs");
    assert_eq!(answer.whole().expect("all"), [7, 8, 9]);

    let refused = |rows: &[(u64, u32, u32, u64)]| {
        let mut answer = Answer::new(&PAIRS);
        answer
            .take(&batch(&[(2, 1, 2, 9)]))
            .and_then(|()| answer.take(&batch(rows)))
            .and_then(|()| answer.whole())
    };
    for (rows, said) in [
        (&[(2, 1, 2, 9)][..], "twice"),
        (&[(0, 0, 1, 7)], "left out 1 of 3"),
        (&[(0, 0, 2, 7), (1, 0, 2, 8)], "not asked for"),
        (&[(3, 0, 1, 7)], "not asked for"),
        (&[], "left out 2 of 3"),
    ] {
        let failure = refused(rows).expect_err("refused").to_string();
        assert!(failure.contains(said), "{failure}");
    }
}

#[tokio::test]
async fn the_plan_gives_what_linkage_gives() {
    let model: Model = serde_json::from_str(
        r#"{"comparison": [
            {"field": "given", "level": [{"test": "exact"}, {"test": "crossed(family)"}, {"test": "jaro_winkler(0.9)"}, {"test": "else"}]},
            {"field": "born", "level": [{"test": "exact"}, {"test": "date_typo"}, {"test": "else"}]}]}"#,
    )
    .expect("a model");
    let names = ["anna", "anne", "", "berg", "jose", "josé", "o'neil \"x\""];
    let mut records = RecordsBuilder::new(&["given", "born", "family"]);
    records.register("all");
    for n in 0..300_usize {
        let born = format!("19{:02}-0{}-11", 50 + n % 7, 1 + n % 5);
        records
            .push([names[n % 7], if n % 11 == 0 { "" } else { &born }, names[n / 7 % 7]])
            .expect("a record");
    }
    let records = records.build();
    let pairs: Vec<(u32, u32)> = (0..300).flat_map(|a| (a + 1..300).map(move |b| (a, b))).collect();
    let here = patterns(&model, &records, &pairs).expect("patterns");

    let within = tempfile::tempdir().expect("a folder");
    let task = wire::Task { model, records, pairs };
    let shared = Shared::new(within.path(), &task).expect("written");
    let context = SessionContext::new();
    let made = plan(&context, &shared.records(), &shared.pairs(), &task.model).await.expect("a plan");
    let mut stream = made.execute_stream().await.expect("a stream");
    let mut answer = Answer::new(&task.pairs);
    while let Some(batch) = stream.next().await {
        answer.take(&batch.expect("a batch")).expect("pairs");
    }
    assert!(answer.whole().expect("all") == here);
    drop(shared);
    assert_eq!(std::fs::read_dir(within.path()).expect("a folder").count(), 0, "nothing is left");
}
