namespace DevicePlugin.Hardware.Scenarios.Reading;

internal static class GpuSelectors
{
    public static void Validate(Scenario scenario, GpuSelector? selector, string path, ProblemList problems)
    {
        var isKnown = selector is null || selector.IsAll
            || scenario.Gpus.Where((gpu, position) => selector.Selects(position, gpu.Uuid())).Any();
        if (!isKnown)
        {
            problems.Add(path, $"{Json.Quote(selector!.ToString())} names none of the {scenario.Gpus.Length} GPUs");
        }
    }
}
