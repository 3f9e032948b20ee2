; twin: garden-problem
(define (problem two-beds)
  (:domain garden)
  (:objects front back - bed oak - tree rose lily - flower can - tool)
  (:init (grows oak front) (grows rose front) (grows lily back) (dry front) (dry back) (clean can))
  (:goal (and (forall (?p - (either tree flower)) (happy ?p)) (forall (?b - bed) (tidy ?b)) (not (held can)) (clean can))))
