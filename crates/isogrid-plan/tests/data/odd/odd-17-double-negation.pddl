; twin: lamps-problem
(define (problem four-lamps)
  (:domain lamps)
  (:objects l1 l2 l3 l4)
  (:init (lamp l1) (lamp l2) (lamp l3) (lamp l4) (next l1 l2) (next l2 l3) (next l3 l4))
  (:goal (and (lit l4) (lit l2) (not (not (not (lit l1)))))))
