from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.readers.snippet import one_line, plain_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain words", "plain words"),
        ("two\n\n  lines ", "two\nlines"),
        ("<p>One\nblock</p><p>another<br/>line</p>", "One block\nanother\nline"),
        ("<ul><li>a</li><li>b &amp; c</li></ul>", "a\nb & c"),
        ("<tr><th>Deadline</th><td>1 May</td></tr>", "Deadline 1 May"),
        ("<b>in</b>line", "inline"),
        ("&lt;p&gt;once&lt;/p&gt;&lt;p&gt;too often&lt;/p&gt;", "once\ntoo often"),
        ("&amp;lt;p&amp;gt;twice&amp;lt;/p&amp;gt;", "twice"),
        ("R&amp;amp;D&amp;nbsp;unit", "R&D unit"),
        ("<style>p {}</style><script>x < y</script>seen<!-- unseen", "seen"),
        ("n < m and m > k", "n < m and m > k"),
        ("", ""),
    ],
)
def test_plain_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


def test_one_line() -> None:
    assert one_line(" <i>PhD</i> student\n in <br>logic ") == "PhD student in logic"


@given(st.text(alphabet=st.sampled_from("<>&;/!-ab pq\n#lt"), max_size=80))
def test_lines_are_clean(markup: str) -> None:
    for line in plain_text(markup).splitlines():
        assert line
        assert line == line.strip()
