; twin: garden-problem
(define (problem two-beds)
  (:domain garden)
  (:objects front back - bed oak - tree rose lily - flower can - tool)
  (:init (grows oak front) (grows rose front) (grows lily back) (dry front) (dry back) (clean can))
  (:goal (and (forall (?p - plant) (happy ?p)) (forall (?b - bed) (not (exists (?c - bed) (and (= ?b ?c) (not (tidy ?c)))))) (not (held can)) (clean can))))
