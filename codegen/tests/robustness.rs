//! Whatever the spec is, there is an answer: no panic, no hang, no overflow of the stack.

#![allow(clippy::panic, clippy::unwrap_used)]

mod common;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use openstack_identity_codegen::{Source, generate, read_folder};

/// Generates, and renders what is wrong; the mistakes, or none if what comes out is Rust.
fn run(sources: &[Source]) -> Option<String> {
    let mistakes = match generate("spec", sources) {
        Err(mistakes) => mistakes,
        Ok(files) => {
            for file in files {
                let parsed = syn::parse_file(&file.text);
                assert!(parsed.is_ok(), "{} is no Rust:\n{}", file.path, file.text);
            }
            return None;
        }
    };
    assert!(!mistakes.render(true).is_empty());
    Some(mistakes.render(false))
}

fn source(path: &str, text: impl Into<String>) -> Source {
    Source {
        path: path.to_owned(),
        text: text.into(),
    }
}

/// The same numbers in every run: a failure can be found again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn of<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items
            .get(self.below(items.len()))
            .copied()
            .unwrap_or_default()
    }
}

const ODD: [&str; 32] = [
    "[",
    "]",
    "{",
    "}",
    "[[[[",
    "{{{{",
    ":",
    ": ",
    "- ",
    "? ",
    "&a ",
    "*a ",
    "!!str ",
    "#",
    "\"",
    "'",
    "|",
    ">",
    "\t",
    "\r",
    "\n",
    "\u{0}",
    "\u{feff}",
    "\u{202e}",
    "é",
    "日本",
    "\u{1f980}",
    "~",
    "<<: ",
    "---\n",
    "9999999999999999999999",
    "..",
];

const WORDS: [&str; 24] = [
    "true",
    "null",
    "kind: union",
    "tag: none",
    "tag: key",
    "type: flag",
    "type: list<",
    "self",
    "Self",
    "crate",
    "type",
    "required: true",
    "wrap: x",
    "constant: 1",
    "since: 3.10",
    "status: 204",
    "is: error",
    "when: { header: X }",
    "name: new",
    "name: Self",
    "doc: \"\"",
    "extra: true",
    "unwrap: x",
    "paginate: 1",
];

fn mutate(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=random.below(3) {
        let at = random.below(lines.len());
        let other = random.below(lines.len());
        match random.below(9) {
            0 => _ = lines.remove(at),
            1 => lines.insert(at, lines[other].clone()),
            2 => lines.swap(at, other),
            3 => lines.truncate(at + 1),
            4 => lines[at] = indented(&lines[other], random.below(12)),
            5 => lines[at] = changed(&lines[at], random),
            6 => lines[at] = with_value_of(&lines[at], &lines[other]),
            7 => lines[at] = with_word(&lines[at], random),
            _ => lines[at] = changed(&lines[at], random).chars().rev().collect(),
        }
        if lines.is_empty() {
            return String::new();
        }
    }
    lines.join("\n")
}

fn indented(line: &str, by: usize) -> String {
    " ".repeat(by) + line.trim_start()
}

/// With something odd in it, or some of it gone.
fn changed(line: &str, random: &mut Random) -> String {
    let mut chars: Vec<char> = line.chars().collect();
    let at = random.below(chars.len() + 1);
    let rest = chars.split_off(at);
    let head: String = chars.into_iter().collect();
    let skipped = random.below(3) * random.below(5);
    let tail: String = rest.into_iter().skip(skipped).collect();
    head + random.of(&ODD) + &tail
}

fn with_value_of(line: &str, other: &str) -> String {
    match (line.split_once(": "), other.split_once(": ")) {
        (Some((key, _)), Some((_, value))) => format!("{key}: {value}"),
        _ => other.to_owned(),
    }
}

/// A key or a value of the format, where it may make no sense.
fn with_word(line: &str, random: &mut Random) -> String {
    let word = random.of(&WORDS);
    match line.split_once(['{', ':']) {
        Some((head, tail)) if line.contains('{') => format!("{head}{{ {word}, {tail}"),
        _ => {
            let indent = line.len() - line.trim_start().len();
            format!("{line}\n{}{word}", " ".repeat(indent))
        }
    }
}

/// Every file of the specs, with what has to be beside it, and the place of the file among these.
fn seeds() -> Vec<(Vec<Source>, usize)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Vec::new();
    for case in common::yaml_files(&root.join("tests/emit")) {
        let sources = common::sources(&case);
        let index = sources.iter().position(|source| source.path == "spec.yaml");
        seeds.push((sources, index.unwrap()));
    }
    for spec in ["../spec", "../tests/widgets/spec"] {
        let sources = read_folder(&root.join(spec)).unwrap();
        seeds.extend((0..sources.len()).map(|index| (sources.clone(), index)));
    }
    seeds
}

#[test]
fn no_change_of_a_spec_makes_the_generator_panic() {
    let seeds = seeds();
    assert!(seeds.len() >= 40, "{}", seeds.len());
    let mut random = Random(0x005e_ed0f_7e57);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..12 {
        for (sources, index) in &seeds {
            let mut sources = sources.clone();
            let text = mutate(&sources[*index].text, &mut random);
            sources[*index].text = text.clone();
            match catch_unwind(AssertUnwindSafe(|| run(&sources))) {
                Ok(None) => good += 1,
                Ok(Some(_)) => bad += 1,
                Err(_) => panic!("{} panics with:\n{text}", sources[*index].path),
            }
        }
    }
    assert!(
        good > 20 && bad > 200,
        "{good} were good and {bad} bad: change the changes"
    );
}

#[test]
fn no_text_is_too_odd() {
    let deep = |open: &str, count: usize| format!("shapes: {}", open.repeat(count));
    let block: String = (0..2000).map(|depth| " ".repeat(depth) + "a:\n").collect();
    let texts = [
        String::new(),
        "\u{0}".to_owned(),
        "\u{feff}".to_owned(),
        "\r\n\r\n".to_owned(),
        "...".to_owned(),
        "?".to_owned(),
        "- - - - -".to_owned(),
        "%YAML 9.9\n---\n".to_owned(),
        deep("[", 400_000),
        deep("{a: ", 100_000),
        deep("- ", 100_000),
        deep("\"", 99_999),
        block,
        format!("format: 1\ndog: {}\n", "x".repeat(3_000_000)),
        format!(
            "format: 1\nshapes: {{ A: {{ kind: {} }} }}",
            "k".repeat(100_000)
        ),
        "format: 1\ndoc: a\nshapes:\n".to_owned() + &"  A:\n".repeat(50_000),
        "format: 1\ndoc: a\n".to_owned()
            + &(0..30_000)
                .map(|n| format!("key{n}: 1\n"))
                .collect::<String>(),
        format!("list: [{}]", "1, ".repeat(200_000)),
    ];
    for text in texts {
        let began = Instant::now();
        let shown: String = text.chars().take(60).collect();
        let mistakes = run(&[
            source("spec.yaml", text),
            source("service.yaml", common::SERVICE),
        ]);
        assert!(mistakes.is_some(), "{shown} is no spec");
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{shown}: {:?}",
            began.elapsed()
        );
    }
}

#[test]
fn a_file_that_is_too_large_is_told() {
    let text = format!("format: 1\ndoc: a\nlist: [{}]", "1, ".repeat(400_000));
    let mistakes = run(&[source("spec.yaml", text)]).unwrap();
    assert!(
        mistakes.starts_with("error: this is not the YAML of a spec: it is too large\n"),
        "{mistakes}"
    );
    assert!(
        mistakes.contains("help: a spec file is far smaller: split it\n"),
        "{mistakes}"
    );
}

#[test]
fn a_thousand_mistakes_are_counted_and_some_are_shown() {
    let keys: String = (0..1000).map(|n| format!("key{n}: 1\n")).collect();
    let text = format!("format: 1\ndoc: a\n{keys}");
    let mistakes = run(&[
        source("spec.yaml", text),
        source("service.yaml", common::SERVICE),
    ])
    .unwrap();
    let last = "error: 1000 mistakes, of which 100 are shown; nothing was written\n";
    assert!(
        mistakes.ends_with(last),
        "{}",
        &mistakes[mistakes.len() - 200..]
    );
}

const SPEC: &str = "format: 1\ndoc: |\n  Widgets.\n\n  Many é.\noperations:\n  list:\n    http: GET /\n    \
                    doc: Lists.\n    responses: [{ status: 204 }]\n";

/// Line ends and byte order marks of other systems change neither the client nor the places.
#[test]
fn line_ends_and_byte_order_marks_say_nothing() {
    let service = source("service.yaml", common::SERVICE);
    let unix = generate("spec", &[service.clone(), source("spec.yaml", SPEC)]).unwrap();
    for text in [SPEC.replace('\n', "\r\n"), format!("\u{feff}{SPEC}")] {
        let other = generate("spec", &[service.clone(), source("spec.yaml", text)]).unwrap();
        assert_eq!(unix, other);
    }
    let wrong = SPEC.replace("status: 204", "status: 999");
    let place = |text: String| {
        let mistakes = run(&[service.clone(), source("spec.yaml", text)]).unwrap();
        mistakes
            .lines()
            .take(6)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(place(wrong.clone()), place(wrong.replace('\n', "\r\n")));
    assert_eq!(place(wrong.clone())[1].trim(), "--> spec/spec.yaml:10:27");
    assert_eq!(
        place(format!("\u{feff}{wrong}"))[1].trim(),
        "--> spec/spec.yaml:10:27"
    );
}

/// A folder with some files in it.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path: PathBuf = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn refused(folder: &Path) -> String {
    let error = read_folder(folder).unwrap_err().to_string();
    error.replace(&folder.display().to_string(), "SPEC")
}

#[test]
fn odd_folders_are_told_by_their_path() {
    let empty = folder(&[]);
    assert!(read_folder(empty.path()).unwrap().is_empty());
    assert!(refused(&empty.path().join("none")).starts_with("SPEC: "));

    let latin = folder(&[("a/b.yaml", b"doc: caf\xe9")]);
    assert_eq!(
        refused(latin.path()),
        "SPEC/a/b.yaml: stream did not contain valid UTF-8"
    );

    let named = folder(&[("a.yml", b"")]);
    assert_eq!(
        refused(named.path()),
        "SPEC/a.yml: the files of a spec end in `.yaml`; rename it"
    );

    let sources = |files| read_folder(folder(files).path()).unwrap();
    let others = sources(&[
        ("README.md", b"x"),
        (".a.yaml", b"x"),
        ("b/c.yaml", b"x"),
        ("a.yaml", b""),
    ]);
    let paths: Vec<_> = others.iter().map(|source| source.path.as_str()).collect();
    assert_eq!(paths, ["a.yaml", "b/c.yaml"]);

    let inside = sources(&[("x.yaml/y.yaml", common::SERVICE.as_bytes())]);
    let mistakes = run(&inside).unwrap();
    assert!(
        mistakes.starts_with("error: `x.yaml` can't be the name of a module\n"),
        "{mistakes}"
    );
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_end() {
    use std::os::unix::fs::symlink;

    let spec = folder(&[("a/b.yaml", common::SERVICE.as_bytes())]);
    for name in ["one", "two", "three"] {
        symlink(spec.path(), spec.path().join("a").join(name)).unwrap();
    }
    assert_eq!(
        refused(spec.path()),
        "SPEC/a/one: leads back to a folder that it is in"
    );

    let shared = folder(&[("b.yaml", b"x")]);
    let spec = folder(&[]);
    symlink(shared.path(), spec.path().join("a")).unwrap();
    assert_eq!(read_folder(spec.path()).unwrap()[0].path, "a/b.yaml");
}
