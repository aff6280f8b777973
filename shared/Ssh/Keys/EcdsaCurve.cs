using System.Security.Cryptography;
using SshGateway.Ssh.Wire;

namespace SshGateway.Ssh.Keys;

/// <summary>The curves of RFC 5656 section 10.1 by their names in keys.</summary>
internal sealed record EcdsaCurve(string Name, string KeyType, ECCurve Curve, int FieldSize)
{
    public const int MaxFieldSize = 66;

    private static readonly EcdsaCurve[] All =
    [
        new("nistp256", SshKeyTypes.EcdsaP256, ECCurve.NamedCurves.nistP256, 32),
        new("nistp384", SshKeyTypes.EcdsaP384, ECCurve.NamedCurves.nistP384, 48),
        new("nistp521", SshKeyTypes.EcdsaP521, ECCurve.NamedCurves.nistP521, MaxFieldSize),
    ];

    /// <exception cref="SshFormatException">No such curve.</exception>
    public static EcdsaCurve Find(string name) =>
        Array.Find(All, curve => curve.Name == name) ?? throw new SshFormatException("an ECDSA key on an unknown curve");

    /// <param name="encoded">Uncompressed: a byte 4, and both coordinates.</param>
    public ECPoint PointOf(ReadOnlySpan<byte> encoded) =>
        new() { X = encoded[1..(1 + FieldSize)].ToArray(), Y = encoded[(1 + FieldSize)..].ToArray() };
}
