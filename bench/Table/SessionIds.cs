using System.Globalization;

namespace SshGateway.Bench.Table;

/// <summary>Session ids by number: of eight characters, or as long as a UUID.</summary>
internal sealed class SessionIds
{
    private readonly Func<int, string> _of;

    private SessionIds(Func<int, string> of) => _of = of;

    public static SessionIds Short { get; } = new(i => string.Create(CultureInfo.InvariantCulture, $"s{i:x7}"));

    public static SessionIds Long { get; } = new(i => string.Create(CultureInfo.InvariantCulture, $"{i:x8}-0000-4000-8000-00000000cafe"));

    public string Of(int number) => _of(number);
}
