namespace DevicePlugin.Hardware.Scenarios.Reading;

/// <summary>What is wrong with a scenario, each with its JSON path, in the order found.</summary>
internal sealed class ProblemList
{
    private readonly List<string> _problems = [];

    public IReadOnlyList<string> All => _problems;

    public void Add(string path, string problem) => _problems.Add($"{path}: {problem}");
}
