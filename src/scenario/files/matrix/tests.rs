use super::*;
use proptest::prelude::*;

const MS: Unit = Unit::OneWayMs;

fn read(text: &str) -> Result<Matrix, DataError> {
    matrix(text, None, MS)
}

fn three(one_way_ms: [f32; 9]) -> Result<Matrix, DataError> {
    Ok(Matrix { size: 3, one_way_ms: one_way_ms.to_vec() })
}

const SYMMETRIC: [f32; 9] = [0.0, 1.0, 2.0, 1.0, 0.0, 3.0, 2.0, 3.0, 0.0];

#[test]
fn triangles_are_recognised_and_symmetric() {
    assert_eq!(read("# comment\n1,2\n3\n"), three(SYMMETRIC));
    assert_eq!(read("1 2\n\n3"), three(SYMMETRIC));
    assert_eq!(read("7"), Ok(Matrix { size: 2, one_way_ms: vec![0.0, 7.0, 7.0, 0.0] }));
}

#[test]
fn a_triangle_with_its_diagonal_must_be_asked_for() {
    let text = "9,1,2\n9,3\n9\n";
    assert_eq!(matrix(text, Some(MatrixFormat::TriangularDiagonal), MS), three(SYMMETRIC));
    assert_eq!(read(text).expect("looks like a triangle").size, 4);
}

#[test]
fn squares_may_differ_by_direction_and_have_names() {
    let directed = [0.0, 1.0, 2.0, 4.0, 0.0, 3.0, 5.0, 6.0, 0.0];
    assert_eq!(read("0,1,2\n4,0,3\n5,6,0\n"), three(directed));
    assert_eq!(read("0\t1  2\n4\t-  3\n5\t6  nan\n"), three(directed), "the diagonal isn't read");
    let named = "from,to_a,to_b,to_c\na,8.5,1,2\nb,4,8,3\n3,5,6,8\n";
    assert_eq!(read(named), three(directed));
    assert_eq!(matrix("0,1\n1,0\n", Some(MatrixFormat::Square), MS).expect("a square").size, 2);
}

const KING: &str =
    "topology E2EGraph 3\nfailure_model NullFailureModel\n\nnode 1\nnode 2 x\nnode 3\n";

#[test]
fn king_files_are_recognised() {
    assert_eq!(read(&format!("{KING}1,2 1\n1,3 2\n2,3 3\n")), three(SYMMETRIC));
    let short = "node 2\nnode 1\nnode 3\n1,2 1\n3,1 2.0\n2,1 1\n2,2 0\n2,3 3\n";
    assert_eq!(read(short), three(SYMMETRIC));
}

#[test]
fn a_king_pair_that_was_not_measured_gets_the_median() {
    let matrix = read(&format!("{KING}1,2 1\n1,3 -1\n2,3 3\n")).expect("a sound file");
    assert_eq!(matrix.one_way_ms, [0.0, 1.0, 3.0, 1.0, 0.0, 3.0, 3.0, 3.0, 0.0]);
}

#[test]
fn units_are_converted() {
    for (unit, want) in [(Unit::RttMs, 1.0), (Unit::OneWayUs, 0.002), (Unit::RttS, 1000.0)] {
        let matrix = matrix("2", None, unit).expect("a sound file");
        assert_eq!(matrix.one_way_ms[1].to_bits(), f32::to_bits(want), "{unit:?}");
    }
}

#[test]
fn names_are_parsed_back() {
    assert!(MatrixFormat::ALL.iter().all(|f| MatrixFormat::parse(f.name()) == Some(*f)));
    assert_eq!(MatrixFormat::parse("csv"), None);
}

fn expect(text: &str, format: Option<MatrixFormat>, line: usize, column: usize, part: &str) {
    let error = matrix(text, format, MS).expect_err(text);
    assert!(error.message.contains(part), "{text:?}: {error}");
    assert_eq!((error.line, error.column), (line, column), "{text:?}: {error}");
    assert!(!error.help.is_empty());
}

#[test]
fn what_is_wrong_with_a_table_is_told_with_its_place() {
    for (text, line, column, part) in [
        ("", 1, 1, "no data"),
        ("# nothing\n", 1, 1, "no data"),
        ("1,2,3\n", 1, 6, "neither a square nor a triangle"),
        ("1,2,3,4\n5,6\n", 2, 4, "the first line has 4 cells, this one 2"),
        ("0,1,2\n1,0,2\n1,2\n", 3, 4, "2 latencies, where 3 are expected"),
        ("0,1,2\n1,0,2\n1,2,0,9\n", 3, 7, "4 latencies, where 3"),
        ("0,1,2\n1,0,2\n", 2, 6, "not square: 3 columns, but only 2 lines"),
        ("0,1\n1,0\n\n2,3\n", 4, 1, "not square: line 3 of 2 columns"),
        ("0,NaN\n1,0\n", 1, 3, "NaN"),
        ("0,inf\n1,0\n", 1, 3, "finite"),
        ("0,1\n-1,0\n", 2, 1, "negative"),
        ("0,\n1,0\n", 1, 3, "empty"),
        ("0,1\n1x,0\n", 2, 1, "`1x` isn't a number"),
        ("0,1e9\n1,0\n", 1, 3, "more than an hour"),
        ("a,b\n", 1, 4, "only a header"),
        ("1,2,3\n4,5\n", 2, 4, "breaks off after line 2 of 3"),
        ("1,2\n3\n4\n", 3, 1, "ends before this line"),
        ("1,2,3\n4,5\n6,7\n", 3, 3, "2 latencies, where 1 are expected"),
        ("1,2\nnan\n", 2, 1, "NaN"),
    ] {
        expect(text, None, line, column, part);
    }
    expect("5\n", Some(MatrixFormat::Square), 1, 2, "at least 2 nodes");
    expect("5\n", Some(MatrixFormat::TriangularDiagonal), 1, 2, "at least 2 nodes");
    expect("0,1\n1,0\n", Some(MatrixFormat::Triangular), 2, 3, "2 latencies, where 1");
}

#[test]
fn what_is_wrong_with_a_king_file_is_told_with_its_place() {
    for (tail, line, column, part) in [
        ("1,2 1\n1,3 2\n", 8, 6, "the pair 2,3 is missing"),
        ("1,2 1\n2,1 2\n", 8, 5, "was given another latency before"),
        ("1,2 1\n1,4 2\n", 8, 3, "too large"),
        ("1,0 1\n", 7, 3, "numbered from 1"),
        ("1,2 NaN\n", 7, 5, "NaN"),
        ("1,2 -2\n", 7, 5, "negative"),
        ("1,2\n", 7, 4, "two nodes and one latency"),
        ("1,2 3 4\n", 7, 7, "two nodes and one latency"),
        ("1,2 -1\n1,3 -1\n2,3 -1\n", 9, 7, "no pair was measured"),
        ("node 2\n", 7, 6, "already on line 5"),
        ("node 5\n", 7, 7, "node 4 has no line"),
        ("node 4\n", 1, 19, "3 nodes are announced, 4 have a line"),
        ("node 0\n", 7, 6, "numbered from 1"),
        ("node\n", 7, 5, "lacks its parameters"),
        ("nodes 4\n", 7, 1, "`nodes` is unknown"),
    ] {
        expect(&format!("{KING}{tail}"), None, line, column, part);
    }
    expect("topology Euclidean\nnode 1\n", None, 1, 10, "doesn't list latencies of pairs");
    expect("1,2 3\n", Some(MatrixFormat::King), 1, 1, "aren't listed");
    expect("topology E2EGraph 0\n", None, 1, 20, "at least 2 nodes");
}

proptest! {
    /// Whatever stands in a file: no panic, and an error lies in it.
    #[test]
    fn any_text_gives_a_matrix_or_a_place(
        text in "(topology E2EGraph 3\n)?(node [123]\n){0,3}([-0-9a,. \t#]{0,9}\n){0,6}",
        format in proptest::option::of(0_usize..4),
    ) {
        match matrix(&text, format.map(|i| MatrixFormat::ALL[i]), MS) {
            Ok(matrix) => {
                prop_assert!(matrix.size >= 2);
                prop_assert_eq!(matrix.one_way_ms.len(), matrix.size * matrix.size);
                prop_assert!(matrix.one_way_ms.iter().all(|ms| ms.is_finite() && *ms >= 0.0));
            }
            Err(error) => {
                let line = text.lines().nth(error.line - 1).unwrap_or("");
                prop_assert!((1..=line.chars().count() + 1).contains(&error.column), "{}", error);
            }
        }
    }

    #[test]
    fn a_square_is_read_back(size in 2_usize..6, seed in 0_u32..1000) {
        let latency = |i: usize| f64::from((seed + i as u32 * 7919) % 5000) / 8.0;
        let is_diagonal = |i: usize| i / size == i % size;
        let rows: Vec<String> = (0..size)
            .map(|row| {
                let cells = (0..size).map(|column| latency(row * size + column).to_string());
                cells.collect::<Vec<_>>().join(if seed % 2 == 0 { "," } else { "\t " })
            })
            .collect();
        let want = (0..size * size).map(|i| if is_diagonal(i) { 0.0 } else { latency(i) as f32 });
        let got = matrix(&rows.join("\n"), None, MS).expect("a sound file");
        prop_assert_eq!(got.one_way_ms, want.collect::<Vec<_>>());
    }
}
