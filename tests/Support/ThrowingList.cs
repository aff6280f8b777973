using System.Collections;

namespace SshGateway.Tests.Support;

/// <summary>
/// A list that fails whatever is asked of it: what no object can be, so that code meets what nobody has thought of.
/// </summary>
internal sealed class ThrowingList<T> : IReadOnlyList<T>
{
    public const string Message = "this list fails";

    public int Count => throw new InvalidOperationException(Message);

    public T this[int index] => throw new InvalidOperationException(Message);

    public IEnumerator<T> GetEnumerator() => throw new InvalidOperationException(Message);

    IEnumerator IEnumerable.GetEnumerator() => throw new InvalidOperationException(Message);
}
