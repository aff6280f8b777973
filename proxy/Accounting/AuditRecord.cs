using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SshGateway.Proxy.Accounting;

/// <summary>
/// One line of the audit log, for a login that succeeded or for a connection that ended; docs/audit.md describes each
/// field. Never a key, a password or a payload.
/// </summary>
internal sealed record AuditRecord
{
    public required DateTimeOffset Time { get; init; }

    /// <summary>The proxy that it went through.</summary>
    public required string Proxy { get; init; }

    /// <summary>login or end.</summary>
    public required string Event { get; init; }

    /// <summary>Names the connection, in the log as well.</summary>
    public required string Connection { get; init; }

    /// <summary>ssh, passthrough, or none for a connection that was refused before it said what it is.</summary>
    public required string Protocol { get; init; }

    public required string Client { get; init; }

    /// <summary>As the client wrote it.</summary>
    public required string Session { get; init; }

    public string? Pod { get; init; }

    public string? PodUid { get; init; }

    /// <summary>ssh for a pod with an sshd, exec for one that an exec relay stands in for.</summary>
    public string? Backend { get; init; }

    /// <summary>The fingerprint of the key that the client proved to hold.</summary>
    public string? Key { get; init; }

    /// <summary>The key id of the certificate that opened the session; absent: the session lists the key.</summary>
    public string? Certificate { get; init; }

    /// <summary>Of that certificate, in digits: JSON's readers do not agree on numbers of 64 bits.</summary>
    public string? CertificateSerial { get; init; }

    /// <summary>The fingerprint of the CA that signed it.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>Connections that the line stands for; absent: one.</summary>
    public int? Count { get; init; }

    public string? End { get; init; }

    public string? Blame { get; init; }

    public string? Detail { get; init; }

    /// <summary>
    /// Whether the session exists that the client asked for in vain; absent: it logged in, or asked for none.
    /// </summary>
    public bool? SessionKnown { get; init; }

    /// <summary>The keys that it offered for that, the first of them; absent: none.</summary>
    public IReadOnlyList<AuditedKey>? RefusedKeys { get; init; }

    /// <summary>Refusals of keys that are not named; absent: none.</summary>
    public int? MoreRefusedKeys { get; init; }

    /// <summary>What is recorded of the connection: Terminal or All; absent: nothing.</summary>
    public string? Recording { get; init; }

    /// <summary>Why it is not recorded, or not to its end; absent: it is, or need not be.</summary>
    public string? RecordingProblem { get; init; }

    /// <summary>The recordings' files, the first of them; absent: there is none.</summary>
    public IReadOnlyList<string>? Recordings { get; init; }

    /// <summary>Recordings that are not named; absent: none.</summary>
    public int? MoreRecordings { get; init; }

    /// <summary>Bytes of session channels that were not recorded; absent: none.</summary>
    public long? UnrecordedBytes { get; init; }

    public long? BytesFromClient { get; init; }

    public long? BytesToClient { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Seconds from the connection to the end of the key exchange.</summary>
    public double? KeyExchangeAfter { get; init; }

    /// <summary>Seconds from the connection to the verified signature.</summary>
    public double? AuthenticatedAfter { get; init; }

    /// <summary>Seconds from the connection to the login's success, or to the passthrough's beginning.</summary>
    public double? LoggedInAfter { get; init; }
}

/// <summary>A key that was offered and refused.</summary>
/// <param name="Type">The algorithm by which it was offered.</param>
/// <param name="Fingerprint">The key's fingerprint.</param>
/// <param name="Reason">Why it was refused.</param>
internal sealed record AuditedKey(string Type, string Fingerprint, string Reason);

/// <summary>The line that stands for those that could not be written.</summary>
/// <param name="Time">When that was found out.</param>
/// <param name="Proxy">Whose they were.</param>
internal sealed record AuditLoss(DateTimeOffset Time, string Proxy, long Lost);

[JsonSerializable(typeof(AuditRecord))]
[JsonSerializable(typeof(AuditLoss))]
internal sealed partial class AuditJson : JsonSerializerContext
{
    /// <summary>
    /// With a fingerprint's "+" as it is, so that it can be searched for. Quotes and control characters are escaped.
    /// </summary>
    public static AuditJson Lines { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
