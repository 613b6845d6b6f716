//! Pages, and what is made of them.

use super::*;

/// Every fault as `line:column kind`, with a `!` where both generations stop, and a `2` where only Prometheus 2 does.
fn faults(text: &[u8], syntax: Syntax) -> Vec<String> {
    let page = read(text, syntax);
    let one = |fault: &Fault| {
        let at = page.position(fault.range.start);
        let stops = match fault.stops {
            Stops::All => "!",
            Stops::Two => "2",
            Stops::Nothing => "",
        };
        format!("{}:{} {:?}{stops}", at.line, at.column, fault.kind)
    };
    page.faults().iter().map(one).collect()
}

fn of_text(text: &str) -> Vec<String> {
    faults(text.as_bytes(), Syntax::Text)
}

fn of_open_metrics(text: &str) -> Vec<String> {
    faults(text.as_bytes(), Syntax::OpenMetrics)
}

/// Every series as it is stored.
fn series(page: &Page) -> Vec<String> {
    page.samples()
        .map(|sample| {
            let labels: Vec<String> = sample.labels().map(|label| format!("{}={:?}", label.name(), label.value())).collect();
            format!("{}{{{}}} {}", sample.name(), labels.join(","), sample.value())
        })
        .collect()
}

#[test]
fn a_page_of_text_is_read_with_its_places() {
    let text = "# HELP http_requests_total Requests,\\nby route.\n# TYPE http_requests_total counter\n\
                http_requests_total{method=\"GET\",path=\"/a\\\\b\\\"c\"} 1027 1395066363000\n\
                # a comment\n\n# TYPE latency_seconds histogram\n\
                latency_seconds_bucket { le=\"0.1\" , } 3\nlatency_seconds_bucket{le=\"+Inf\"}\t4\nlatency_seconds_sum 2.5\nlatency_seconds_count 4\n";
    let page = read(text.as_bytes(), Syntax::Text);
    assert_eq!(page.faults(), &[]);
    assert_eq!(
        series(&page),
        [
            "http_requests_total{method=\"GET\",path=\"/a\\\\b\\\"c\"} 1027",
            "latency_seconds_bucket{le=\"0.1\"} 3",
            "latency_seconds_bucket{le=\"+Inf\"} 4",
            "latency_seconds_sum{} 2.5",
            "latency_seconds_count{} 4",
        ]
    );
    let families: Vec<Family> = page.families().collect();
    assert_eq!(
        families.iter().map(|f| (f.name(), f.kind(), f.sample_count())).collect::<Vec<_>>(),
        [("http_requests_total".into(), FamilyKind::Counter, 1), ("latency_seconds".into(), FamilyKind::Histogram, 4)]
    );
    assert_eq!(families[0].help().as_deref(), Some("Requests,\nby route."));
    assert_eq!(families[1].samples().map(|s| families[1].suffix(&s)).collect::<Vec<_>>(), ["_bucket", "_bucket", "_sum", "_count"]);
    let sample = page.samples().next().expect("a sample");
    assert_eq!(sample.timestamp(), Some("1395066363000"));
    assert_eq!(&text[sample.value_range()], "1027");
    let path = sample.labels().nth(1).expect("a label");
    assert_eq!((&text[path.name_range()], &text[path.value_range()]), ("path", r#"/a\\b\"c"#));
    assert_eq!(page.position(path.name_range().start), Position { line: 3, column: 34 });
}

#[test]
fn a_page_of_open_metrics_is_read_with_units_and_exemplars() {
    let text = "# TYPE request_seconds histogram\n# UNIT request_seconds seconds\n# HELP request_seconds How \\\"long\\\".\n\
                request_seconds_bucket{le=\"1.0\"} 2 1520879607.789 # {trace_id=\"KOO5\"} 0.67 1520879606.1\n\
                request_seconds_bucket{le=\"+Inf\"} 2\nrequest_seconds_count 2\nrequest_seconds_sum 1.2\nrequest_seconds_created 1520430000.1\n\
                # TYPE jobs counter\njobs_total 17\n# TYPE build info\nbuild_info{version=\"1\"} 1\n# EOF\n";
    let page = read(text.as_bytes(), Syntax::OpenMetrics);
    assert_eq!(page.faults(), &[]);
    let families: Vec<Family> = page.families().collect();
    let names: Vec<_> = families.iter().map(|f| (f.full_name().into_owned(), f.kind().name(), f.sample_count())).collect();
    assert_eq!(names, [("request_seconds".into(), "histogram", 5), ("jobs_total".into(), "counter", 1), ("build_info".into(), "info", 1)]);
    assert_eq!((families[0].unit(), families[0].help().as_deref()), (Some("seconds"), Some("How \"long\".")));
    let sample = page.samples().next().expect("a sample");
    let exemplar = sample.exemplar().expect("an exemplar");
    assert_eq!((exemplar.value(), exemplar.timestamp()), (0.67, Some(1_520_879_606.1)));
    assert_eq!(exemplar.labels().map(|l| l.value().into_owned()).collect::<Vec<_>>(), ["KOO5"]);
    assert!(page.samples().nth(1).expect("a sample").exemplar().is_none());
}

#[test]
fn faults_of_text_are_found_where_they_are() {
    for (text, found) in [
        ("", &[][..]),
        ("a 1", &["1:4 NoFinalNewline"]),
        ("a 1\r\n", &["1:4 CarriageReturn!"]),
        ("# TYPE a counter\r\na 1\n", &["1:17 CarriageReturn!"]),
        ("# TYPE a info\na 1\n", &["1:10 UnknownType!"]),
        ("a 1 # {id=\"x\"} 1\n", &["1:5 Exemplar!"]),
        ("a 1,5\nb 2\n", &["1:3 Number!"]),
        ("a{x=\"1\",y=\"2\",x=\"3\"} 1\n", &["1:15 DuplicateLabel!"]),
        ("a{x=\"1\",__name__=\"b\"} 1\n", &["1:9 DuplicateLabel!"]),
        ("a{x=\"ü\",y=1} 1\n", &["1:11 Syntax!"]),
        ("a{x=\"1} 1\nb 2\n", &["1:5 Syntax!"]),
        ("a{x=\"1\"}\n", &["1:9 Syntax!"]),
        ("a 1 -5\n", &["1:5 Timestamp!"]),
        ("a 1\na 2 x\n", &["2:5 Timestamp!"]),
        ("{\"a.b\",\"c d\"=\"e\"} 1\n", &["1:2 QuotedName2", "1:8 QuotedName2"]),
        ("{x=\"1\"} 1\n", &["1:1 Syntax!"]),
        ("  a 1\n", &["1:1 Indented2"]),
        ("a 1\n# TYPE a gauge\n", &["2:10 LateType"]),
        ("# TYPE a gauge\n# TYPE a gauge\na 1\n", &["2:10 Repeated"]),
        ("a 1\nb 1\na 2\nb 2\n", &["3:1 Interleaved", "4:1 Interleaved"]),
        ("# HELP a\n# HELP\n#\n# anything\na 1\n", &[]),
        ("<html>\n<body>\n", &["1:1 Syntax!", "2:1 Syntax!"]),
    ] {
        assert_eq!(of_text(text), found, "{text:?}");
    }
    assert_eq!(faults(b"# HELP a \xff\na{x=\"\xfe\"} 1\nb 1\n", Syntax::Text), ["1:10 Utf8!", "2:6 Utf8!"]);
    assert_eq!(faults(b"a 1\n\0b 2\n", Syntax::Text), ["2:1 Nul"]);
}

#[test]
fn faults_of_open_metrics_are_found_where_they_are() {
    for (text, found) in [
        ("# EOF", &[][..]),
        ("a 1\n", &["2:1 MissingEof!"]),
        ("# EOF\na 1\n", &["2:1 AfterEof!"]),
        ("# UNIT a_bytes seconds\n# EOF\n", &["1:16 Unit!"]),
        ("# a comment\n# EOF\n", &["1:1 Syntax!"]),
        ("a  1\n# EOF\n", &["1:2 Syntax!"]),
        ("\n# EOF\n", &["1:1 Syntax!"]),
        ("# TYPE a untyped\n# EOF\n", &["1:10 UnknownType!"]),
        ("a{x=\"1\",} 1\n# EOF\n", &["1:8 TrailingComma2"]),
        ("a 1 # {x=\"1\"} 1\n# EOF\n", &["1:5 Exemplar2"]),
        ("a_total 1 # {x=\"1\",x=\"2\"} 1\n# EOF\n", &["1:20 DuplicateLabel"]),
        ("a 1 NaN\n# EOF\n", &["1:5 Timestamp!"]),
    ] {
        assert_eq!(of_open_metrics(text), found, "{text:?}");
    }
}

#[test]
fn reading_goes_on_after_a_fault_and_so_many_are_kept() {
    let page = read(b"a 1\nb x\nc 3\n", Syntax::Text);
    assert_eq!(series(&page), ["a{} 1", "c{} 3"]);
    assert_eq!(page.stopped_by(Generation::Three).map(|fault| fault.message.as_str()), Some("the value `x` is not a number"));
    let many = "!\n".repeat(FAULTS_KEPT + 7);
    let page = read(many.as_bytes(), Syntax::Text);
    assert_eq!((page.faults().len(), page.more_faults()), (FAULTS_KEPT, 7));
}

#[test]
fn a_page_is_recognised_and_yaml_is_not_taken_for_one() {
    for text in [
        "# HELP up Up.\n# TYPE up gauge\nup 1\n",
        "up 1\ndown{a=\"b\"} 2 3\n",
        "# TYPE a counter\r\na 1\r\n",
        "# TYPE a info\na_info{x=\"1\"} 1\n# EOF\n",
        "a_total 1 # {x=\"y\"} 2\n",
        "\n# TYPE a counter\n",
    ] {
        assert!(looks_like(text), "{text}");
    }
    for text in ["", "# a comment\n", "a: 1\nb: 2\n", "groups: []\n", "{}\n", "hello world\n", "# TYPE a gauge\ngroups:\n- 1\n", "<html>\n"]
    {
        assert!(!looks_like(text), "{text}");
    }
}

proptest::proptest! {
    /// Whatever the text is, it is read to its end, and every place lies in it.
    #[test]
    fn any_bytes_are_read(text in proptest::collection::vec(proptest::sample::select(&b"a_1 \n\t{}=,\"\\#:HELPTYUNIOF.\xff\0e+-"[..]), 0..200)) {
        for syntax in [Syntax::Text, Syntax::OpenMetrics] {
            let page = read(&text, syntax);
            for sample in page.samples() {
                let read: usize = sample.labels().map(|l| l.name().len() + l.value().len()).sum();
                proptest::prop_assert!(read + sample.name().len() <= text.len());
                proptest::prop_assert!(sample.range().end <= text.len());
            }
            proptest::prop_assert!(page.families().all(|family| !family.name().is_empty()));
            for fault in page.faults() {
                proptest::prop_assert!(fault.range.start <= fault.range.end && fault.range.end <= text.len());
            }
            proptest::prop_assert_eq!(page.families().map(|f| f.samples().count()).sum::<usize>(), page.sample_count());
        }
    }
}
