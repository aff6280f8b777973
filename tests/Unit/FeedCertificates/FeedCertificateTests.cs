using Microsoft.Extensions.Logging;
using SshGateway.Operator.Feed.Certificates;
using SshGateway.Operator.Kubernetes.FeedCertificates;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.FeedCertificates;

/// <summary>What is said of the feed's certificate while there is none.</summary>
public sealed class FeedCertificateTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly LogRecorder<FeedCertificate> _log = new();
    private readonly FeedSecret _secret = new();
    private readonly FeedCertificate _certificate;

    public FeedCertificateTests() => _certificate = new FeedCertificate(_secret, _time, _log);

    public void Dispose() => _certificate.Dispose();

    [Fact]
    public void A_certificate_that_the_leader_has_yet_to_make_is_waited_for_and_missed_after_a_minute()
    {
        _secret.Await("the leader has not made it yet");
        Assert.Equal("the leader has not made it yet", _certificate.Missing);
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.NotNull(_certificate.Missing);
        Assert.Equal((LogLevel.Information, "Waiting for the feed's certificate: the leader has not made it yet"), Assert.Single(Said()));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(_certificate.Missing);
        Assert.NotNull(_certificate.Missing);
        (LogLevel level, string text) = Assert.Single(Said().Skip(1));
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("the leader has not made it yet. Until there is one, no proxy can follow this operator", text, StringComparison.Ordinal);

        _secret.Put(FeedCa.Create(_time.GetUtcNow(), TimeSpan.FromDays(1)));
        Assert.Null(_certificate.Missing);
        Assert.Equal(LogLevel.Information, Said()[^1].Level);
    }

    [Fact]
    public void A_failure_is_warned_of_at_once()
    {
        _secret.Fail("the API server does not answer");

        Assert.NotNull(_certificate.Missing);
        Assert.Equal(LogLevel.Warning, Assert.Single(Said()).Level);
    }

    private (LogLevel Level, string Text)[] Said() => [.. _log.Lines.Select(l => (l.Level, l.Text))];
}
