//! Links and headings of Markdown, as far as our own files use it: inline links, reference definitions, `#` headings.

/// A link, and the line it stands in (from 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link<'a> {
    pub line: usize,
    pub target: &'a str,
}

/// Whether a link leads to another site.
pub(crate) fn is_elsewhere(target: &str) -> bool {
    let scheme = target.split_once(':').map_or("", |(scheme, _)| scheme);
    !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Every link outside code.
pub(crate) fn links(text: &str) -> Vec<Link<'_>> {
    let mut found = Vec::new();
    for (line, content) in prose(text) {
        let mut add = |target| found.push(Link { line, target });
        if let Some(target) = definition(content) {
            add(target);
            continue;
        }
        let mut rest = content;
        let mut in_code = false;
        while let Some(at) = rest.find(['`', ']']) {
            let (before, mark) = rest.split_at(at);
            let mut characters = mark.chars();
            if characters.next() == Some('`') {
                in_code = !in_code && characters.as_str().contains('`');
            } else if !in_code
                && let Some(inner) = characters.as_str().strip_prefix('(')
                && let Some((target, _)) = inner.split_once(')')
                && before_has_bracket(content, rest, before)
            {
                add(target.split_whitespace().next().unwrap_or_default());
            }
            rest = characters.as_str();
        }
    }
    found
}

/// Whether a bracket was opened before the one that closes here.
fn before_has_bracket(line: &str, rest: &str, before: &str) -> bool {
    line.get(..line.len() - rest.len() + before.len()).is_some_and(|start| start.contains('['))
}

/// The target of `[name]: target`.
fn definition(line: &str) -> Option<&str> {
    let (name, target) = line.strip_prefix('[')?.split_once("]: ")?;
    (!name.contains(']')).then(|| target.split_whitespace().next().unwrap_or_default())
}

/// The anchors that headings get, as code hosts make them.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (_, line) in prose(text) {
        let title = line.trim_start_matches('#');
        let level = line.len() - title.len();
        if !(1..=6).contains(&level) || !title.starts_with(' ') {
            continue;
        }
        let anchor: String = title
            .trim()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .flat_map(char::to_lowercase)
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let earlier = anchors.iter().filter(|known| **known == anchor).count();
        anchors.push(if earlier == 0 { anchor } else { format!("{anchor}-{earlier}") });
    }
    anchors
}

/// The lines outside fenced code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence: Option<String> = None;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let line = line.trim_start();
        let marks: String = line.chars().take_while(|c| matches!(c, '`' | '~')).collect();
        match &fence {
            Some(open) if marks.starts_with(open.as_str()) && line.trim_end() == marks => fence = None,
            Some(_) => {}
            None if marks.len() >= 3 => fence = Some(marks),
            None => return true,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(text: &str) -> Vec<&str> {
        links(text).into_iter().map(|link| link.target).collect()
    }

    #[test]
    fn inline_links_and_definitions_are_found() {
        let text = "See [a](one.md) and ![b](two.png \"title\").\n[c]: three.md#four\n";
        assert_eq!(targets(text), ["one.md", "two.png", "three.md#four"]);
        assert_eq!(links(text).last().unwrap().line, 2);
    }

    #[test]
    fn code_has_no_links() {
        let text = "`[a](b)` [c](d)\n```text\n[e](f)\n```\n~~~\n[g](h)\n~~~\n(i) [j](k)\n";
        assert_eq!(targets(text), ["d", "k"]);
    }

    #[test]
    fn other_sites_are_told_from_files() {
        assert!(is_elsewhere("https://example.com/") && is_elsewhere("mailto:a@example.com"));
        assert!(!is_elsewhere("docs/a.md") && !is_elsewhere("#b") && !is_elsewhere("a.md#b:c"));
    }

    #[test]
    fn headings_get_the_anchors_of_code_hosts() {
        let text = "# A title: with `code`\n## Twice\n## Twice\n```\n# not one\n```\n#neither\n";
        assert_eq!(anchors(text), ["a-title-with-code", "twice", "twice-1"]);
    }
}
