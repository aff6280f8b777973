namespace SshGateway.Hosting;

/// <summary>Finds the name that was probably meant.</summary>
internal static class Spelling
{
    /// <summary>How many letters are wrong, missing, too many or swapped with their neighbour, in any case.</summary>
    public static int Distance(string right, string written)
    {
        right = right.ToUpperInvariant();
        written = written.ToUpperInvariant();
        int[,] cost = new int[right.Length + 1, written.Length + 1];
        for (int i = 0; i <= right.Length; i++)
        {
            for (int j = 0; j <= written.Length; j++)
            {
                cost[i, j] = i == 0 ? j : j == 0 ? i : Math.Min(
                    Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1, cost[i - 1, j - 1] + (right[i - 1] == written[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && right[i - 1] == written[j - 2] && right[i - 2] == written[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }
        return cost[right.Length, written.Length];
    }

    /// <summary>The closest of the names, if it is close; null: none is.</summary>
    public static string? Closest(string written, IEnumerable<string> names) =>
        names.Select(name => (Name: name, Distance: Distance(name, written))).Where(found => found.Distance <= 3 && found.Distance < found.Name.Length)
            .OrderBy(found => found.Distance).Select(found => found.Name).FirstOrDefault();
}
