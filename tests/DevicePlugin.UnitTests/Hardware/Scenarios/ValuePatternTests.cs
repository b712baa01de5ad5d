namespace DevicePlugin.UnitTests.Hardware.Scenarios;

internal sealed class ValuePatternTests
{
    [TestCase("'shape': 'constant', 'low': 41.6", 12.5, 42)]
    [TestCase("'shape': 'sine', 'low': 0, 'high': 100, 'period_seconds': 60", 0, 0)]
    [TestCase("'shape': 'sine', 'low': 0, 'high': 100, 'period_seconds': 60", 15, 50)]
    [TestCase("'shape': 'sine', 'low': 0, 'high': 100, 'period_seconds': 60", 30, 100)]
    [TestCase("'shape': 'sine', 'low': 0, 'high': 100, 'period_seconds': 60", 70, 25)]
    [TestCase("'shape': 'triangle', 'low': 10, 'high': 30, 'period_seconds': 4", 1, 20)]
    [TestCase("'shape': 'triangle', 'low': 10, 'high': 30, 'period_seconds': 4", 3.5, 15)]
    [TestCase("'shape': 'square', 'low': 10, 'high': 30, 'period_seconds': 4", 1.999999, 30)]
    [TestCase("'shape': 'square', 'low': 10, 'high': 30, 'period_seconds': 4", 2, 10)]
    [TestCase("'shape': 'square', 'low': 10, 'high': 30, 'period_seconds': 4, 'phase_seconds': 2", 2, 30)]
    [TestCase("'shape': 'steps', 'steps': [5, 6, 7], 'period_seconds': 3", 5.5, 7)]
    [TestCase("'shape': 'counter', 'low': 3, 'rate': 2", 4, 11)]
    [TestCase("'shape': 'counter', 'low': 3, 'rate': 2", 1e6, 300)]
    public void At_FollowsTheArithmeticOfTheDocs(string shape, double seconds, long expected)
    {
        var pattern = ScenarioText.Parse(ScenarioText.Of(
            more: $"'patterns': [{{'gpu': 0, 'value': 'thermal.gpu_c', {shape}}}]")).Patterns[0];

        Assert.That(pattern.At(TimeSpan.FromSeconds(seconds)), Is.EqualTo(expected));
    }

    [Test]
    public void At_Fractions_AreRoundedToAThousandth()
    {
        var pattern = ScenarioText.Parse(ScenarioText.Of(
            more: """
            "patterns": [{"gpu": 0, "value": "power.usage_watts", "shape": "counter", "low": 1, "rate": 0.3333}]
            """))
            .Patterns[0];

        Assert.That(pattern.At(TimeSpan.FromSeconds(2)), Is.EqualTo(1.667));
    }
}
