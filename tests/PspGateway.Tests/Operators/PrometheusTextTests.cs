using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using PspGateway.Operators.Telemetry;

namespace PspGateway.Tests.Operators;

/// <summary>What OpenTelemetry collects, as a scraper reads it from our page.</summary>
public sealed class PrometheusTextTests : IDisposable
{
    private readonly Meter _meter = new($"test-{Guid.NewGuid():N}");
    private readonly PrometheusExporter _exporter = new();
    private readonly BaseExportingMetricReader _reader;
    private readonly MeterProvider _provider;

    public PrometheusTextTests()
    {
        _reader = new BaseExportingMetricReader(_exporter);
        _provider = Sdk.CreateMeterProviderBuilder().AddMeter(_meter.Name).AddReader(_reader).Build();
    }

    public void Dispose()
    {
        _provider.Dispose();
        _reader.Dispose();
        _exporter.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void A_counter_ends_in_total_and_counts_each_set_of_labels()
    {
        var counter = _meter.CreateCounter<long>("pspgateway.answers", "{answer}", "Answers given.");
        counter.Add(2, new KeyValuePair<string, object?>("decision", "ok"));
        counter.Add(1, new KeyValuePair<string, object?>("decision", "fail"));

        Assert.Equal(
            "# HELP pspgateway_answers_total Answers given.\n# TYPE pspgateway_answers_total counter\n"
            + "pspgateway_answers_total{decision=\"ok\"} 2\npspgateway_answers_total{decision=\"fail\"} 1\n",
            Text());
    }

    [Fact]
    public void A_histogram_has_cumulative_buckets_a_sum_and_a_count()
    {
        var histogram = _meter.CreateHistogram("call.duration", "s", "How long.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1] });
        foreach (var seconds in (double[])[0.25, 0.5, 0.75, 7])
        {
            histogram.Record(seconds);
        }

        Assert.Equal(
            "# HELP call_duration_seconds How long.\n# TYPE call_duration_seconds histogram\n"
            + "call_duration_seconds_bucket{le=\"0.5\"} 2\ncall_duration_seconds_bucket{le=\"1\"} 3\ncall_duration_seconds_bucket{le=\"+Inf\"} 4\n"
            + "call_duration_seconds_sum 8.5\ncall_duration_seconds_count 4\n",
            Text());
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with \"quotes\"")]
    [InlineData("back\\slash, and \\n that is none")]
    [InlineData("two\nlines")]
    [InlineData("} 1\nforged_total 7")]
    [InlineData("øre € 🥖")]
    [InlineData("")]
    public void A_label_value_comes_back_as_it_went_in(string value)
    {
        _meter.CreateCounter<long>("c").Add(1, new KeyValuePair<string, object?>("label", value));

        var sample = Assert.Single(PrometheusPage.Parse(Text()).Samples);

        // An empty label is the same as none.
        Assert.Equal(value, sample.Labels["label"]);
    }

    [Fact]
    public void A_description_stays_on_its_line()
    {
        _meter.CreateCounter<long>("c", null, "first\nsecond \\ third").Add(1);

        Assert.StartsWith("# HELP c_total first\\nsecond \\\\ third\n", Text(), StringComparison.Ordinal);
        PrometheusPage.Parse(Text());
    }

    [Theory]
    [InlineData("http.server.request.duration", "s", "histogram", "http_server_request_duration_seconds")]
    [InlineData("dotnet.process.memory.working_set", "By", "gauge", "dotnet_process_memory_working_set_bytes")]
    [InlineData("queue--length", "{item}", "gauge", "queue_length")]
    [InlineData("already.seconds", "s", "gauge", "already_seconds")]
    [InlineData("1st", "", "counter", "_1st_total")]
    [InlineData("prepared", "1", "gauge", "prepared_ratio")]
    [InlineData("prepared", "1", "counter", "prepared_total")]
    [InlineData("things_total", "", "counter", "things_total")]
    public void Names_follow_the_compatibility_rules(string instrument, string unit, string type, string expected) => Assert.Equal(expected, PrometheusText.FamilyName(instrument, unit, type));

    [Fact]
    public void Labels_that_would_clash_are_kept_apart_or_joined()
    {
        _meter.CreateHistogram<double>("h").Record(1, new("le", "mine"), new("a.b", "1"), new("a_b", "2"), new("__name__", "x"), new("9", true));

        var bucket = PrometheusPage.Parse(Text()).Find("h_bucket").First();

        Assert.Equal(("mine", "1;2", "x", "true"), (bucket.Labels["tag_le"], bucket.Labels["a_b"], bucket.Labels["_name_"], bucket.Labels["_9"]));
    }

    [Fact]
    public void Numbers_without_an_end_have_their_words()
    {
        _meter.CreateObservableGauge("up", () => double.PositiveInfinity);
        _meter.CreateObservableGauge("down", () => double.NegativeInfinity);
        _meter.CreateObservableGauge("small", () => 1e-9);
        _meter.CreateObservableGauge("wrong", () => double.NaN);

        var page = PrometheusPage.Parse(Text());

        Assert.Equal((double.PositiveInfinity, double.NegativeInfinity, 1e-9), (page.Value("up"), page.Value("down"), page.Value("small")));
        Assert.True(double.IsNaN(page.Value("wrong")));
    }

    [Fact]
    public void Of_two_instruments_with_one_name_the_first_is_shown()
    {
        _meter.CreateCounter<long>("a.b").Add(1);
        _meter.CreateCounter<long>("a-b").Add(2);

        Assert.Single(PrometheusPage.Parse(Text()).Samples);
    }

    // The control: a page that is wrong is refused.
    [Theory]
    [InlineData("a 1\n")]
    [InlineData("# TYPE a counter\na 1\n")]
    [InlineData("# HELP a_total x\n# TYPE a_total counter\na_total 1")]
    [InlineData("# HELP a_total x\n# TYPE a_total counter\na_total{b=\"c\"d\"} 1\n")]
    [InlineData("# HELP a_total x\n# TYPE a_total counter\na_total 1\na_total 2\n")]
    [InlineData("# HELP a_total x\n# TYPE a_total counter\nb_total 1\n")]
    [InlineData("# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n")]
    [InlineData("# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n")]
    public void A_page_that_is_wrong_is_refused(string page) => Assert.Throws<FormatException>(() => PrometheusPage.Parse(page));

    private string Text()
    {
        Assert.True(_exporter.Collect?.Invoke(5000));
        return _exporter.Page;
    }
}
