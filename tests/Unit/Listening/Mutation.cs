using CsCheck;

namespace SshGateway.Tests.Unit.Listening;

/// <summary>Good input in which one to three bytes were replaced.</summary>
internal static class Mutation
{
    public static Gen<byte[]> Of(byte[] good) =>
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 3].Select(changes =>
        {
            byte[] bytes = [.. good];
            foreach ((int place, byte value) in changes)
            {
                bytes[place] = value;
            }
            return bytes;
        });
}
