using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using SshGateway.Operator.Model;
using SshGateway.Operator.StatusPage;

namespace SshGateway.Tests.Unit.StatusPage;

/// <summary>Which sessions the page shows, and in which order.</summary>
public sealed class PageModelTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_000_000);

    [Fact]
    public void Many_sessions_are_counted_and_the_first_are_shown()
    {
        PageModel model = Create([.. Enumerable.Range(0, 10_000).Select(i => Row($"s-{i:D5}", i % 2 == 0 ? "Ready" : "Ended"))], "?phase=Ended&q=s-00");

        Assert.Equal((PageModel.MaxRows, 500, 10_000), (model.Rows.Count, model.Matching, model.Total));
        Assert.Equal(("s-00001", "s-00399"), (model.Rows[0].Key.Name, model.Rows[^1].Key.Name));
        Assert.Equal([("Ended", 500), ("Ready", 500)], model.Phases.Select(p => (p.Key, p.Value)).Order());
    }

    [Theory]
    [InlineData("", "a b c")]
    [InlineData("?sort=-session", "c b a")]
    [InlineData("?sort=phase", "c a b")]
    [InlineData("?sort=connections", "b c a")]
    [InlineData("?sort=-connections", "a c b")]
    // From the youngest. A session without a time is the oldest.
    [InlineData("?sort=age", "b a c")]
    [InlineData("?sort=-age", "c a b")]
    [InlineData("?sort=user", "c b a")]
    [InlineData("?sort=pod", "a b c")]
    [InlineData("?sort=7", "a b c")]
    [InlineData("?q=Y", "a b")]
    [InlineData("?q=%20ann%20&sort=-session", "c")]
    [InlineData("?phase=ready&q=%3F", "")]
    [InlineData("?phase=Nothing", "a b c")]
    public void The_address_says_which_sessions_and_in_which_order(string address, string expected)
    {
        SessionRow[] rows =
        [
            Row("b", "Ready") with { User = "y", Connections = null, Created = Now },
            Row("a", "Ready") with { User = "Y2", Connections = 5, Created = Now.AddDays(-1) },
            Row("c", "Ended") with { User = "ann", Connections = 1, Created = null },
        ];

        Assert.Equal(expected, string.Join(' ', Create(rows, address).Rows.Select(row => row.Key.Name)));
    }

    [Fact]
    public void Links_keep_what_they_do_not_change()
    {
        PageQuery query = Parse("?q=a%26b%20%22&phase=Ready&sort=pod");

        Assert.Equal("./?q=a%26b%20%22&phase=Ready&sort=-pod", query.SortedBy(PageOrder.Pod));
        Assert.Equal("./?q=a%26b%20%22&phase=Ready", query.SortedBy(PageOrder.Session));
        Assert.Equal("./?q=a%26b%20%22&phase=Ready&sort=-connections", query.SortedBy(PageOrder.Connections));
        Assert.Equal("./?q=a%26b%20%22&sort=pod", query.Showing(""));
        Assert.Equal("./?q=a%26b%20%22&phase=Ready&sort=pod&who=abc12", query.Opening("abc12"));
        Assert.Equal(query with { Opened = "abc12" }, Parse(query.Opening("abc12")[2..]));
        Assert.Equal("", Parse("?who=%3Cscript%3E").Opened);
        Assert.Equal("./", Parse("").Showing(""));
        Assert.Equal(query with { Phase = "Ended" }, Parse(query.Showing("Ended")[2..]));
        Assert.Equal(PageQuery.MaxText, Parse($"?q={new string('a', 5000)}").Text.Length);
    }

    private static PageModel Create(SessionRow[] rows, string address) => PageModel.Create(new SessionSnapshot(0, 0, rows), [], Parse(address), null, Now);

    private static PageQuery Parse(string address) => PageQuery.Parse(new QueryCollection(QueryHelpers.ParseQuery(address)));

    private static SessionRow Row(string name, string phase) => new(new ObjectKey(ClaudeSession.KindName, "claude", name), phase, "", "", "", "", 0, null);
}
