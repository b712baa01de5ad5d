using System.Text;
using DevicePlugin.Hardware.Scenarios;
using DevicePlugin.Tests.Fuzz;

namespace DevicePlugin.UnitTests.Fuzz;

/// <summary>Scenario files; ScenarioMutationTests replaces whole values, here the text is broken too.</summary>
internal sealed class ScenarioFuzz
{
    [Test]
    public void Scenario_IsReadOrRefused_AndReadsBackTheSame() => new FuzzRun(
        2500, ScenarioLibrary.Names.Select(name => ScenarioLibrary.Find(name).ReadText()))
    {
        Words = ["$", "all", "GPU-0", "NOT_SUPPORTED", "ERROR_GPU_IS_LOST", "hang", "0000:00:00.0", "-0", "1e-7"],
    }.Run(input =>
    {
        Scenario scenario;
        try
        {
            scenario = Scenario.Parse(input);
        }
        catch (ScenarioException exception)
        {
            FuzzRun.Require(
                exception.Problems.Count > 0 && exception.Problems.All(problem => problem.StartsWith('$')), "a problem without its path");
            return;
        }

        var text = scenario.ToJson();
        var again = Scenario.Parse(Encoding.UTF8.GetBytes(text));
        FuzzRun.Require(again.Equals(scenario), "what was read is not what is read again");
        FuzzRun.Require(again.ToJson() == text, "what was written is not what is written again");
    });
}
