namespace PspGateway.Simulator.Shop;

/// <summary>What only the shop wears.</summary>
internal static class ShopStyle
{
    public const string Css = """
        header.shop{max-width:66rem;margin:0 auto;padding:1.4rem 1rem .2rem;font:700 1.9rem/1.15 Georgia,"DejaVu Serif",serif;color:var(--deep)}
        header.shop:has(+main:not(.shop)){max-width:30rem}
        header.shop a{color:inherit;text-decoration:none}
        header.shop small{display:block;font:400 .95rem/1.4 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:var(--soft)}
        main.shop{max-width:66rem;display:grid;grid-template-columns:minmax(0,1fr) 20rem;grid-template-rows:auto auto 1fr;gap:0 1.4rem;align-items:start}
        main.shop>*{grid-column:1}
        main.shop>.basket{grid-column:2;grid-row:1;border-radius:18px 18px 0 0;border-bottom:0;padding-bottom:.4rem}
        main.shop>.till{grid-column:2;grid-row:2;border-radius:0 0 18px 18px;border-top:0;padding-top:.2rem;position:sticky;bottom:0}
        main.shop>.goods{grid-row:1/4}
        .goods{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:1rem;list-style:none;margin:0;padding:0}
        .goods li{display:flex;flex-direction:column;padding:0 0 1rem;overflow:hidden;scroll-margin-top:30vh}
        .goods svg{display:block;width:100%;height:8rem}
        .goods h2{font:700 1.08rem/1.3 Georgia,"DejaVu Serif",serif;margin:.8rem 1rem .1rem}
        .goods p{margin:0 1rem .7rem;color:var(--soft);font-size:.93rem}
        .goods div{display:flex;justify-content:space-between;align-items:center;gap:.5rem;margin:auto 1rem 0;font-weight:600;white-space:nowrap}
        .goods .add{padding:.55rem 1.1rem;border:1px solid #9c8a7a;border-radius:999px;background:#fff;color:var(--ink);text-decoration:none;font-size:.95rem}
        .goods .add:hover{border-color:var(--deep);background:#fdf3ea}
        .basket h2,.receipt h2{margin:.1rem 0 .6rem}
        .basket ul{list-style:none;margin:0;padding:0}
        .basket li{display:grid;grid-template-columns:1fr auto;gap:.1rem .6rem;padding:.55rem 0;border-top:1px solid var(--line)}
        .basket .count{display:flex;gap:.4rem;align-items:center;font-variant-numeric:tabular-nums}
        .basket .count a{display:grid;place-items:center;width:2rem;height:2rem;border:1px solid #9c8a7a;border-radius:50%;text-decoration:none;color:var(--ink);background:#fff}
        .till .total,.receipt .total{display:flex;justify-content:space-between;font-size:1.15rem;font-weight:700;margin:.2rem 0 0;padding-top:.6rem;border-top:1px solid var(--line)}
        .till .hint{margin:.6rem 0 0}
        .try{margin-top:1.6rem}
        .try form{display:grid;grid-template-columns:1fr auto;gap:.6rem;align-items:end;max-width:26rem}
        .try form button{margin:0;width:auto;min-height:2.9rem;padding:.5rem 1.3rem}
        main.shop footer{grid-column:1/-1}
        .receipt ul{list-style:none;margin:0 0 .4rem;padding:0}
        .receipt li{display:flex;justify-content:space-between;gap:1rem;padding:.35rem 0}
        .counter{margin-top:1rem;background:none;box-shadow:none;border-style:dashed;border-color:#cbb9a6}
        .counter h2{margin:0 0 .2rem}
        @media(max-width:54rem){
        main.shop{display:block;padding-bottom:1rem}
        main.shop>.basket{margin-top:1.4rem}
        main.shop>.till{z-index:1;box-shadow:0 -6px 20px #5b3a1a1f}
        .goods{grid-template-columns:1fr 1fr;gap:.7rem}
        .goods svg{height:6rem}
        .goods h2,.goods p,.goods div{margin-left:.7rem;margin-right:.7rem}
        .goods h2{font-size:1rem}
        .goods p{font-size:.86rem}
        .goods div{font-size:.93rem}
        .till .total{border:0}
        .goods .add{padding:.5rem .85rem}
        }
        """;
}
