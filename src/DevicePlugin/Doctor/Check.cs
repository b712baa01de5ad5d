namespace DevicePlugin.Doctor;

/// <summary>One question about the node. It changes nothing and calls no driver: that was done before.</summary>
/// <param name="id">The stable name in every output.</param>
/// <param name="scope">Where the question makes sense.</param>
internal abstract class Check(string id, CheckScope scope = CheckScope.Everywhere)
{
    public string Id => id;

    public CheckResult Run(Examination node) => new(Id, FindInapplicable(node) ?? TryLook(node));

    protected abstract Finding Look(Examination node);

    private Finding? FindInapplicable(Examination node) =>
        scope.HasFlag(CheckScope.RealGpus) && node.IsFake ? Finding.Pass("does not apply: the GPUs are simulated")
        : scope.HasFlag(CheckScope.Linux) && !OperatingSystem.IsLinux() ? Finding.Pass("does not apply to this system")
        : null;

    private Finding TryLook(Examination node)
    {
        try
        {
            return Look(node);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Finding.Warn(
                $"could not be looked at: {exception.Message}", "Run doctor as the user of Nomad's agent, usually root.");
        }
    }
}
