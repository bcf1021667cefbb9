//! x
use checkrein::{authorize, interpret, wire};
use checkrein_tests::measured::{bundle, calls};
fn main() {
    let b = bundle();
    let which: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let stage = std::env::args().nth(2).unwrap();
    let (n, c) = calls().swap_remove(which);
    eprintln!("{n}");
    let call = wire::call_from_json(c.as_bytes()).unwrap();
    let s = std::time::Instant::now();
    let k = 40000;
    for _ in 0..k {
        match stage.as_str() {
            "i" => {
                std::hint::black_box(interpret::interpret(&call));
            }
            _ => {
                std::hint::black_box(wire::decision_to_json(&authorize(
                    &b,
                    &wire::call_from_json(c.as_bytes()).unwrap(),
                )));
            }
        }
    }
    eprintln!("{} us", s.elapsed().as_micros() as f64 / k as f64);
}
